"""Append-only rows: what is written once and never changed.

May import no other package of the product.
"""
