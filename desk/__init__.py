"""Pages for staff, on the Django admin. Holds no rule.

May import every package but portal and demo.
"""
