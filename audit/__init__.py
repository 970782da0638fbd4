"""Append-only rows: what is written once and never changed; and the events that are purged after
their retention.

May import no other package of the product.
"""
