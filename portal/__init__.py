"""Pages for customers. Business rules live in the domain packages.

May import every domain package; not desk, operations or demo.
"""
