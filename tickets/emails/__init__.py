"""E-mails about a ticket, their samples, and confirmations that were not delivered."""
