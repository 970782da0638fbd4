"""The fair floor: the product's work as a competent Django developer writes it, without optimising.
It reads and writes the same rows, and its page and mails are as long.
"""
