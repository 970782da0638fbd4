"""The groups of the desk: created by `migrate`, reset by `setup_groups` (R5.06)."""

from io import StringIO

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command
from django.db import DEFAULT_DB_ALIAS

from demo.prepare import make_staff
from desk import groups, roles
from tests.desk.desk import signed_in

pytestmark = pytest.mark.django_db

PASSWORD = "una frase larga de prueba"


def permissions(group: str) -> set[str]:
    rows = Permission.objects.filter(group__name=group).values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in rows}


def setup_groups() -> str:
    out = StringIO()
    call_command("setup_groups", stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("group", "listed"),
    [
        ("Asesor", roles.ADVISOR),
        ("Supervisor", roles.SUPERVISOR),
        ("Auditor", roles.AUDITOR),
        ("Operaciones", roles.OPERATIONS),
    ],
)
def test_a_fresh_database_has_a_group_for_each_role(group: str, listed: tuple[str, ...]) -> None:
    """Only `migrate` has run on the suite's database."""
    assert permissions(group) == set(listed)


def test_an_auditor_changes_nothing_and_operations_see_no_customer() -> None:
    changes = ("add_", "change_", "delete_", "resend_", "redirect_")
    assert not [name for name in permissions("Auditor") if name.partition(".")[2].startswith(changes)]
    theirs = {name for name in permissions("Operaciones") if name.startswith(("tickets.", "companies."))}
    assert theirs == {f"tickets.{what}_calendarday" for what in ("view", "add", "change", "delete")}
    assert "notifications.view_message" not in permissions("Operaciones")


def test_setup_groups_restores_the_groups_and_can_be_repeated() -> None:
    Group.objects.get(name="Auditor").delete()
    advisors = Group.objects.get(name="Asesor")
    advisors.permissions.add(Permission.objects.get(codename="add_company"))
    advisors.permissions.remove(
        Permission.objects.get(codename="view_ticket"), *roles.permissions(roles.OPERATIONS)
    )
    assert setup_groups().splitlines() == [
        "Asesor       3 permisos agregados, 1 quitados",
        "Supervisor   sin cambios",
        f"Auditor      creado con {len(roles.AUDITOR)} permisos",
        "Operaciones  sin cambios",
        "Listo: 4 grupos.",
    ]
    assert setup_groups().count("sin cambios") == 4
    assert permissions("Asesor") == set(roles.ADVISOR)


def test_on_a_half_migrated_database_setup_groups_changes_nothing_and_says_why() -> None:
    Group.objects.get(name="Asesor").permissions.clear()
    Permission.objects.get(codename="view_reason").delete()
    with pytest.raises(CommandError, match="le faltan migraciones: nada cambió"):
        setup_groups()
    assert permissions("Asesor") == set()


def test_migrate_creates_missing_groups_and_keeps_changed_ones() -> None:
    Group.objects.get(name="Supervisor").delete()
    Group.objects.get(name="Asesor").permissions.clear()
    groups.create_missing(using=DEFAULT_DB_ALIAS)
    assert permissions("Supervisor") == set(roles.SUPERVISOR)
    assert permissions("Asesor") == set()


def test_while_only_some_apps_are_migrated_no_group_is_created() -> None:
    Group.objects.all().delete()
    Permission.objects.get(codename="view_ticket").delete()
    groups.create_missing(using=DEFAULT_DB_ALIAS)
    assert set(Group.objects.values_list("name", flat=True)) == {"Operaciones"}


def test_a_new_advisor_needs_only_the_group() -> None:
    """The superuser creates the account with a name and a password, and ticks the group."""
    root = signed_in(User.objects.create_superuser("root"))
    made = {"username": "maria", "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    answer = root.post("/admin/auth/user/add/", made, follow=True)
    form = BeautifulSoup(answer.content, "html.parser").select_one("#user_form")
    assert form
    typed = {
        str(box["name"]): "on" for box in form.select("input[type=checkbox][checked]") if box.has_attr("name")
    }
    typed |= {"username": "maria", "groups": str(Group.objects.get(name="Asesor").pk)}
    typed |= {str(box["name"]): str(box["value"]) for box in form.select('input[name^="date_joined"]')}
    assert root.post(answer.request["PATH_INFO"], typed).status_code == 302
    maria = User.objects.get(username="maria")
    assert maria.get_all_permissions() == set(roles.ADVISOR)
    assert signed_in(maria).get("/admin/tickets/ticket/").status_code == 200


def test_the_demos_staff_are_in_their_groups() -> None:
    make_staff()
    assert User.objects.get(username="asesora").get_all_permissions() == set(roles.ADVISOR)
    assert User.objects.get(username="supervisor").get_all_permissions() == set(roles.SUPERVISOR)
    assert not Permission.objects.filter(user__isnull=False).exists()
