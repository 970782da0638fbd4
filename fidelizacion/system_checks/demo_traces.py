"""Finds what a demo leaves in a database: its mark, and accounts with the public password.

The mark is a table that `manage.py demo` creates before the first migration (demo/mark.py). A demo
may empty a database that has it, and never touches one without it.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, check_password
from django.contrib.auth.models import User
from django.core.checks import CheckMessage, Error, Info, Tags, register
from django.db import DatabaseError, connection
from django.db.models import Case, IntegerField, When
from django.utils.translation import gettext as _

from operations.metrics import Level, Metric

PASSWORD = "demo-fidelizacion"  # noqa: S105  public: it is in the README
ADVISOR, SUPERVISOR = "asesora", "supervisor"
MARK_TABLE = "fidelizacion_demo"
# Comparing one password takes about 0.3 s. A monitor may run `check_ops` every minute, while people
# run `check --deploy` by hand
SECONDS_TO_COMPARE = 5.0
DEPLOY_SECONDS_TO_COMPARE = 30.0


@dataclass(frozen=True)
class DemoAccounts:
    """The active accounts with the public password, and how many the time limit left unchecked."""

    usernames: tuple[str, ...]
    unchecked: int


def is_marked() -> bool:
    """Return whether a demo created this database. Raises DatabaseError."""
    return MARK_TABLE in connection.introspection.table_names()


def demo_accounts(seconds: float) -> DemoAccounts:
    """Find the accounts with the public password, the demo's names first. Raises DatabaseError."""
    first = Case(When(username__in=[ADVISOR, SUPERVISOR], then=0), default=1, output_field=IntegerField())
    users = User.objects.filter(is_active=True).exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    accounts = list(users.order_by(first, "-pk").values_list("username", "password"))
    deadline = time.monotonic() + seconds
    usernames: list[str] = []
    for position, (username, password) in enumerate(accounts):
        if time.monotonic() > deadline:
            return DemoAccounts(tuple(usernames), len(accounts) - position)
        if check_password(PASSWORD, password):
            usernames.append(username)
    return DemoAccounts(tuple(usernames), 0)


@register(Tags.security, deploy=True)
def demo_left_behind(**_kwargs: object) -> list[CheckMessage]:
    """Report the traces of a demo. It reads the database, so only `check --deploy` runs it."""
    if settings.DEMO:
        return []
    try:
        marked, accounts = is_marked(), demo_accounts(DEPLOY_SECONDS_TO_COMPARE)
    except DatabaseError:
        unread = "La base no responde o le faltan migraciones: no se buscó lo que deja una demostración."
        return [Info(unread, id="fidelizacion.I001")]
    problems: list[CheckMessage] = []
    if accounts.usernames:
        problems.append(
            Error(
                f"Estas cuentas tienen la contraseña pública de la demostración: {', '.join(accounts.usernames)}.",
                hint="Desactívelas o cambie su contraseña: manage.py changepassword CUENTA",
                id="fidelizacion.E062",
            )
        )
    if accounts.unchecked:
        unread = _("No hubo tiempo de comparar la contraseña de {count} cuentas, las más antiguas.")
        problems.append(Info(unread.format(count=accounts.unchecked), id="fidelizacion.I002"))
    if marked:
        problems.append(
            Error(
                "La base es de una demostración: tiene su marca, y «manage.py demo» puede borrarla.",
                hint="Use otra base en DATABASE_URL.",
                id="fidelizacion.E063",
            )
        )
    return problems


def metrics() -> Iterator[Metric]:
    """Report accounts and mark of a demo. Raises DatabaseError."""
    if settings.DEMO:
        return
    accounts = demo_accounts(SECONDS_TO_COMPARE)
    display = ", ".join(accounts.usernames) or _("ninguna")
    if accounts.unchecked:
        display = _("{found}; {count} sin revisar").format(found=display, count=accounts.unchecked)
    yield Metric(
        "demo_accounts",
        _("Cuentas con la contraseña de la demostración"),
        len(accounts.usernames),
        display,
        Level.CRITICAL if accounts.usernames else Level.FINE,
        _("Desactívelas o cambie su contraseña: manage.py changepassword CUENTA")
        if accounts.usernames
        else "",
    )
    marked = is_marked()
    yield Metric(
        "demo_database",
        _("Base de una demostración"),
        int(marked),
        _("sí") if marked else _("no"),
        Level.CRITICAL if marked else Level.FINE,
        _("«manage.py demo» puede borrarla: use otra base en DATABASE_URL") if marked else "",
    )
