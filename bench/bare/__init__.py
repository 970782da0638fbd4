"""The floor: a bare Django project that does the same work, with the same gunicorn and the same
durability of writes.
"""
