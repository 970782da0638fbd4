"""PDF files: structure, encryption, and what they would run (R3.11)."""
