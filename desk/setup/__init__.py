"""Verification, audit and users at the desk."""
