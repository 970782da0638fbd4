"""Pages for staff, on the Django admin; the rules are in the packages below.

May import every package but portal and demo.
"""
