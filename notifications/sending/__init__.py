"""Claim a message, send it, record the result."""
