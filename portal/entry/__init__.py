"""The entry, the PIN page, leaving and help."""
