"""Messages at the desk: list, page, actions, previews, stuck messages."""
