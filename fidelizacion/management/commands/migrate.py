"""Django's `migrate`, which first asks whether this is a database to work on (database_checks.py)."""

from typing import Any

from django.core.checks import Tags
from django.core.management.commands import migrate


class Command(migrate.Command):
    def check(self, *args: Any, **kwargs: Any) -> None:
        """Ask this alone and first: some of Django's own checks need a database that answers."""
        super().check(tags=[Tags.database], databases=kwargs["databases"])
        super().check(*args, **kwargs)
