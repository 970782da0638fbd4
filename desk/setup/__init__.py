"""Staff accounts, the PIN's waits, audit records and changes of administrators at the desk."""
