"""Companies, accounts, lines, administrators and their invitations at the desk."""
