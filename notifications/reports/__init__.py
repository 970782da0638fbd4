"""Delivery reports: what providers say became of a message."""
