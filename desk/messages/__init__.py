"""Messages at the desk: their list and pages, actions on them, previews, and stuck messages."""
