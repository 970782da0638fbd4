"""The operator's name, colours, logo and contacts, for pages, mails and receipts.

May import no other package of the product.
"""
