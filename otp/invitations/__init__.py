"""Links to the entry page: finds the recipients, sends links in bulk, writes the messages."""
