"""Desk pages of staff accounts, waits after wrong codes, audits, administrators' changes."""
