"""Django's PostgreSQL backend, with a client-side timeout for each query (base.py)."""
