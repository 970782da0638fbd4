"""Tickets at the desk: home, list, search, page, and changes of status and date."""
