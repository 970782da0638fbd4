"""The `manage.py demo` command: run the whole product on this machine until Ctrl-C."""

import argparse
import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from demo.announce import announce, say
from demo.prepare import prepare
from demo.supervisor import CannotStart, Supervisor, checked_port, end_when_parent_does


class Command(BaseCommand):
    help = (
        "Ejecuta el producto completo en este equipo, con datos de ejemplo: web, trabajador, agenda y repaso. "
        "Solo atiende en 127.0.0.1; Ctrl-C lo termina todo."
    )
    # Each process of the demo checks the environment that this command prepares for it
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--port", default=os.environ.get("PORT") or "8000", help="puerto (o PORT=)")
        parser.add_argument("--prepare", action="store_true", help=argparse.SUPPRESS)
        parser.add_argument("--end-with-parent", action="store_true", help=argparse.SUPPRESS)

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["prepare"]:
            prepare()
            return
        if options["end_with_parent"]:
            end_when_parent_does()
        try:
            Supervisor(settings.BASE_DIR, checked_port(options["port"]), say).run(announce)
        except CannotStart as refusal:
            self.stderr.write(str(refusal))
            sys.exit(1)
