"""The database's limits on the client's side: a deadline for each query, a gate while it hangs."""
