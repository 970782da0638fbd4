"""Limits on our side of the database: a timeout for each query, and a gate while it hangs."""
