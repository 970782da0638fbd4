"""Links of entry: who gets one, sending them in bulk, their messages."""
