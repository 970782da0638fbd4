"""What must hold before a process starts: settings, mail, database and traces of the demo."""
