"""The fair floor: the product's work in the plainest Django, as a competent developer writes it
without optimising. The same rows are read and written, and the page and mails are as long.
"""
