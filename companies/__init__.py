"""The directory: companies, billing accounts, service lines, administrators, and the look-up.

May import no other package of the product.
"""
