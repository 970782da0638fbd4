"""`make bench`: measures the product and, for comparison, two floors: small Django projects that do
the same work (docs/performance.md).
"""
