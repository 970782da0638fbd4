"""The bare floor: the smallest Django project that does the same work, with the same gunicorn and
the same durability of writes.
"""
