"""Rate limits of the sign-in, and the lock-out of a phone after wrong codes."""
