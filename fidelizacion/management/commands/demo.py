"""`manage.py demo`, where the demo is installed; the production image leaves the package out."""

import sys
from importlib.util import find_spec
from typing import Any

from django.core.management.base import BaseCommand, CommandError

ABSENT = "La demostración no viene en esta imagen. Úsela desde el código: make demo"

if find_spec("demo") is not None:
    from demo.command import Command
else:

    class Command(BaseCommand):  # type: ignore[no-redef]  # the same name for where the demo is absent
        help = ABSENT

        def run_from_argv(self, argv: list[str]) -> None:  # noqa: ARG002  whatever the options, the answer is the same
            """Say so and end with 2, before any option is read or any check is run."""
            self.stderr.write(ABSENT)
            sys.exit(2)

        def handle(self, *_args: Any, **_options: Any) -> None:
            raise CommandError(ABSENT, returncode=2)


__all__ = ["Command"]
