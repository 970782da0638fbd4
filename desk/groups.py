"""The groups of the desk: one for each role, with the permissions of desk/roles.py (R5.06).

`migrate` creates missing groups; `setup_groups` also resets the permissions of existing ones.
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
class GroupChange:
    """What `reset` did to one group: how many permissions it added and removed."""

    group: str
    created: bool
    added: int
    removed: int


class PermissionsMissing(Exception):
    """Some apps are not migrated yet, so a group would not get all permissions of its role."""


@transaction.atomic
def reset() -> list[GroupChange]:
    """Give each group exactly the permissions of its role. Users keep their groups.

    Raises PermissionsMissing, and then changes nothing.
    """
    changes = []
    for name, listed in ROLES.items():
        wanted = set(roles.permissions(listed))
        if len(wanted) < len(set(listed)):
            raise PermissionsMissing
        group, created = Group.objects.get_or_create(name=name)
        before = set(group.permissions.all())
        group.permissions.set(wanted)
        changes.append(GroupChange(name, created, len(wanted - before), len(before - wanted)))
    return changes


def create_missing(using: str, apps: Apps = installed_apps, **_signal: Any) -> None:
    """Create missing groups after `migrate` or a flush; an existing one keeps its permissions."""
    try:
        apps.get_model("auth", "Group")
    except LookupError:  # `migrate auth zero`, or to a state before groups existed
        return
    for name, listed in ROLES.items():
        permissions = roles.permissions(listed).using(using)
        # Some apps are not migrated yet, as after `migrate auth`: the next run creates the group
        if permissions.count() < len(set(listed)):
            continue
        with transaction.atomic(using=using):
            group, created = Group.objects.using(using).get_or_create(name=name)
            if created:
                group.permissions.set(permissions)
