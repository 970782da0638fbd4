"""The floors: what bare Django takes for the same work, under the same gunicorn and with the same
durability.
"""
