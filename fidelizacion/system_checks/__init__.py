"""System checks: settings, mail provider, database, and what a demo may have left in it."""
