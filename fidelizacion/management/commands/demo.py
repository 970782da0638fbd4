"""`manage.py demo`. In the production image, which does not contain the demo, it only says so."""

import sys
from importlib.util import find_spec
from typing import Any

from django.core.management.base import BaseCommand, CommandError

ABSENT = "La demostración no viene en esta imagen. Úsela desde el código: make demo"

if find_spec("demo") is not None:
    from demo.command import Command
else:

    class Command(BaseCommand):  # type: ignore[no-redef]  # the other branch imports the same name
        help = ABSENT

        def run_from_argv(self, argv: list[str]) -> None:  # noqa: ARG002  options are not parsed
            """Print the reason and exit with 2, before options are parsed or checks are run."""
            self.stderr.write(ABSENT)
            sys.exit(2)

        def handle(self, *_args: Any, **_options: Any) -> None:
            raise CommandError(ABSENT, returncode=2)


__all__ = ["Command"]
