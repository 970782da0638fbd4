"""The demo: the product's own processes, on this machine only, with sample data. Nothing else
imports this package.
"""
