"""Abstract models of rows that are never changed: append-only rows, and audited events, which are
deleted only at the end of their retention.

May import no other package of the product.
"""
