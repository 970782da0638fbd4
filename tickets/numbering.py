"""Where ticket numbers start: seven digits from `TICKET_NUMBER_START` on, one sequence, never two
alike (A14).
"""

from typing import Any

from django.apps.registry import Apps
from django.apps.registry import apps as installed_apps
from django.conf import settings
from django.db import connections

from tickets import sequences


def start_numbers(using: str, apps: Apps = installed_apps, **_signal: Any) -> None:
    """After `migrate` (and a flush): the next ticket gets the number set, or a higher one. Never
    lowers anything.
    """
    try:
        ticket = apps.get_model("tickets", "Ticket")
    except LookupError:  # migrated back to before there were tickets
        return
    connection = connections[using]
    sequences.raise_to(connection, ticket._meta.db_table, "number", settings.TICKET_NUMBER_START)  # noqa: SLF001  Django's public `_meta`
