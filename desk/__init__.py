"""Pages for staff, built on the Django admin. The business rules are in the packages below.

May import every package except portal and demo.
"""
