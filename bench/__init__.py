"""`make bench`: measures the product, and beside it the floor: bare Django doing the same work
(docs/performance.md).
"""
