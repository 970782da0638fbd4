"""Messages at the desk: list, resending, previews, stuck ones."""
