"""The e-mails about a ticket, their samples, and confirmations that did not arrive."""
