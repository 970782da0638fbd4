"""Tickets at the desk: home, list, page, status changes."""
