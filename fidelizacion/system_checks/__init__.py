"""System checks of the settings, the mail provider, the database, and traces of a demo in it."""
