"""`make bench`: what the product costs, each figure beside its floor in the same run
(docs/performance.md).
"""
