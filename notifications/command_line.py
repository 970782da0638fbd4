"""Argument types for the options of management commands, with error messages in Spanish."""

from argparse import ArgumentTypeError
from datetime import date

from django.utils.translation import gettext as _


def parse_day(typed: str) -> date:
    """Parse a day such as `2026-11-21`. Raises ArgumentTypeError, whose text argparse prints."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise ArgumentTypeError(
            _("«{typed}» no es un día: se escribe AAAA-MM-DD").format(typed=typed)
        ) from None
