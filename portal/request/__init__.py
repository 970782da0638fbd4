"""The request form: its fields, drafts and documents."""
