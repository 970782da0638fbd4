"""Django's PostgreSQL backend, with a limit on the client's side for each query (base.py)."""
