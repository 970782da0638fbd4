"""Limits of use and the lock-out of a phone."""
