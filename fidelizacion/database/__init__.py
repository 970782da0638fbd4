"""Database access: parses DATABASE_URL, times out each query, refuses requests while it hangs."""
