"""What the options of several commands are read with, so that a wrong one is told in the words of
the rest.
"""

from argparse import ArgumentTypeError
from datetime import date

from django.utils.translation import gettext as _


def parse_day(typed: str) -> date:
    """A day as `2026-11-21`. Raises what argparse tells the person."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise ArgumentTypeError(
            _("«{typed}» no es un día: se escribe AAAA-MM-DD").format(typed=typed)
        ) from None
