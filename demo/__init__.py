"""The demo: the product's processes with sample data, on this machine only.

No package of the product imports this one.
"""
