"""System checks: DATABASE_URL must be set, and a demo must use a demo's database.

The web process, the worker and beat run them at start (startup_checks.py), and so do the sweep and
`migrate`. `check` and `collectstatic`, which use no database, do not.
"""

from collections.abc import Sequence

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from fidelizacion.system_checks import demo_traces


@register(Tags.database)
def database_of_this_process(databases: Sequence[str] | None = None, **_kwargs: object) -> list[CheckMessage]:
    """Require DATABASE_URL; in a demo, require the mark instead.

    Without it the processes would write to the default SQLite file, which might go unnoticed.
    """
    if not databases:
        return []
    if settings.DEMO:
        return _demo_database()
    if settings.DATABASE_URL_SET or settings.DEBUG:
        return []
    return [
        Error(
            "Falta DATABASE_URL.",
            hint="Se escribe así: postgres://usuario:clave@servidor/base; para SQLite, sqlite:////ruta/al/archivo",
            id="fidelizacion.E061",
        )
    ]


def _demo_database() -> list[CheckMessage]:
    try:
        marked = demo_traces.is_marked()
    except DatabaseError:  # the process starts and waits for it, as in production
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
