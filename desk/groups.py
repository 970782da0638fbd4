"""The groups of the desk, one a role, with the permissions of desk/roles.py (R5.06).

`migrate` makes those that are not there; `setup_groups` also brings the others back to what the
product gives them.
"""

from dataclasses import dataclass
from typing import Any

from django.apps.registry import Apps
from django.apps.registry import apps as installed_apps
from django.contrib.auth.models import Group
from django.db import transaction

from desk import roles

ADVISOR, SUPERVISOR, AUDITOR, OPERATIONS = "Asesor", "Supervisor", "Auditor", "Operaciones"
ROLES: dict[str, tuple[str, ...]] = {
    ADVISOR: roles.ADVISOR,
    SUPERVISOR: roles.SUPERVISOR,
    AUDITOR: roles.AUDITOR,
    OPERATIONS: roles.OPERATIONS,
}


@dataclass(frozen=True)
class Change:
    """What was done to one group: whether it is new, and how many permissions it got and lost."""

    group: str
    made: bool
    added: int
    removed: int


class PermissionsMissing(Exception):
    """Some apps are not migrated yet, so groups would silently get fewer permissions than their
    role has.
    """


@transaction.atomic
def set_up() -> list[Change]:
    """Give each group exactly the permissions of its role. Users keep their groups.

    Raises PermissionsMissing, with nothing changed.
    """
    return [_set_up(name, listed) for name, listed in ROLES.items()]


def _set_up(name: str, listed: tuple[str, ...]) -> Change:
    wanted = set(roles.permissions(listed))
    if len(wanted) < len(set(listed)):
        raise PermissionsMissing
    group, made = Group.objects.get_or_create(name=name)
    before = set(group.permissions.all())
    group.permissions.set(wanted)
    return Change(name, made, len(wanted - before), len(before - wanted))


def make_missing(using: str, apps: Apps = installed_apps, **_signal: Any) -> None:
    """After `migrate` (and a flush). A group that is there stays as the operator left it."""
    try:
        apps.get_model("auth", "Group")
    except LookupError:  # migrated to before there were groups
        return
    for name, listed in ROLES.items():
        permissions = roles.permissions(listed).using(using)
        # Only some apps are migrated yet: the group comes with the rest
        if permissions.count() < len(set(listed)):
            continue
        with transaction.atomic(using=using):
            group, made = Group.objects.using(using).get_or_create(name=name)
            if made:
                group.permissions.set(permissions)
