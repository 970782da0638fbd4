"""Identification by the operator's mobile network."""
