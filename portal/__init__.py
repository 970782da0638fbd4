"""Pages for customers. Holds no rule: each rule lives in the domain packages.

May import every domain package; not desk, operations or demo.
"""
