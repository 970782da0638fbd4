"""The system checks of the database: which one it is. Run where it is worked on, never by `check`
or `collectstatic`.

The web process, the worker and beat run them at start (start.py), the sweep and `migrate` by
themselves.
"""

from collections.abc import Sequence

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from fidelizacion.system_checks import demo_traces


@register(Tags.database)
def database_of_this_process(databases: Sequence[str] | None = None, **_kwargs: object) -> list[CheckMessage]:
    """A database that nobody named would fill up unseen; a demo works on none but its own."""
    if not databases:
        return []
    if settings.DEMO:
        return _of_the_demo()
    if settings.DATABASE_URL_SET or settings.DEBUG:
        return []
    return [
        Error(
            "Falta DATABASE_URL.",
            hint="Se escribe así: postgres://usuario:clave@servidor/base; para SQLite, sqlite:////ruta/al/archivo",
            id="fidelizacion.E061",
        )
    ]


def _of_the_demo() -> list[CheckMessage]:
    try:
        marked = demo_traces.is_marked()
    except DatabaseError:  # it is waited for, as in production
        return []
    if marked:
        return []
    return [
        Error(
            "DEMO está activa y la base no es de una demostración: los códigos se leerían en una página abierta.",
            hint="Quite DEMO; la demostración se inicia con manage.py demo, y usa su propia base.",
            id="fidelizacion.E064",
        )
    ]
