"""Opens every URL of the desk with every role: a role opens only what is listed for it (R5.06)."""

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from companies.models import Administrator, BillingAccount, Company, ServiceLine
from demo.models import DemoMessage
from desk import roles
from notifications.models import Message
from operations.models import Heartbeat
from otp import unlock
from otp.invitations import invitations
from otp.models import AuditEvent, Challenge, LimitUse, NetworkSwitch, PhoneLockout
from staff.models import ContactChange, SignInEvent
from tests import cast
from tests.desk.desk import advisor, signed_in, supervisor
from tickets.models import Area, Attachment, AttachmentEvent, CalendarDay, Reason, RequestType, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

READ = {"", "change", "history"}
RESEND = {"reenviar", "plantillas", "plantillas/ticket_advisor"}
KEEP = READ | {"add"}
ADVISOR = {
    "tickets/ticket": READ | {"estado"},
    "tickets/requesttype": READ,
    "tickets/reason": READ,
    "tickets/area": READ,
    "tickets/calendarday": READ,
    "companies/company": READ,
    "companies/billingaccount": READ,
    "companies/serviceline": READ,
    "companies/administrator": READ,
    "notifications/message": READ | RESEND,
    "otp/invitation": READ,
    "tickets/attachmentevent": set(),
    "operations/heartbeat": set(),
    "otp/phonelockout": set(),
    "otp/auditevent": set(),
    "otp/networkswitch": set(),
    "staff/signinevent": set(),
    "staff/contactchange": set(),
    "auth/user": set(),
    "auth/group": set(),
}
SUPERVISOR = {
    **ADVISOR,
    "tickets/requesttype": KEEP,
    "tickets/reason": KEEP | {"delete"},
    "tickets/area": KEEP,
    "tickets/calendarday": KEEP | {"delete"},
    "companies/company": KEEP,
    "companies/billingaccount": KEEP,
    "companies/serviceline": KEEP,
    "companies/administrator": KEEP,
    "notifications/message": READ | RESEND | {"otra-direccion"},
    "tickets/attachmentevent": READ,
    "operations/heartbeat": READ,
    "otp/phonelockout": READ,
    "otp/auditevent": READ,
    "otp/networkswitch": READ,
    "staff/signinevent": READ,
    "staff/contactchange": READ,
}
NOBODY: dict[str, set[str]] = {model: set() for model in ADVISOR}


@pytest.fixture
def rows() -> dict[str, object]:
    """Create a row of each model; return their keys by `app/model`, as in addresses."""
    administrator = cast.ana()
    ticket, now = cast.make_ticket(administrator), timezone.now()
    Attachment.objects.create(ticket=ticket, original_name="a.pdf", size=1, sha256="0", file="aa/bb")
    message = Message.objects.create(
        dedup_key="k", channel="email", to="a@b.example", next_at=now, give_up_at=now, created_at=now
    )
    lockout = PhoneLockout.objects.create(phone="+593991234567")
    unlock.unlock(lockout.phone, actor="root")
    return {
        "tickets/ticket": ticket.pk,
        "tickets/requesttype": RequestType.objects.earliest("pk").pk,
        "tickets/reason": Reason.objects.earliest("pk").pk,
        "tickets/calendarday": CalendarDay.objects.create(day=now.date(), reason="Decreto").pk,
        "tickets/area": Area.objects.create(name="Cobranzas", email="cobranzas@operadora.example").pk,
        "companies/company": Company.objects.earliest("pk").pk,
        "companies/billingaccount": BillingAccount.objects.earliest("pk").pk,
        "companies/serviceline": ServiceLine.objects.earliest("pk").pk,
        "companies/administrator": Administrator.objects.earliest("pk").pk,
        "notifications/message": message.pk,
        "operations/heartbeat": Heartbeat.objects.create(name="worker", at=now, since=now).pk,
        "otp/invitation": invitations.invite(administrator, invitations.Channel.SMS).pk,
        "tickets/attachmentevent": AttachmentEvent.objects.create(
            attachment=Attachment.objects.earliest("pk"), at=now, what="delivered", actor="Carla"
        ).pk,
        "otp/networkswitch": NetworkSwitch.objects.get_or_create(id=1)[0].pk,
        "otp/phonelockout": str(lockout.pk).replace("+", "%2B"),
        "otp/auditevent": AuditEvent.objects.earliest("pk").pk,
        "staff/contactchange": ContactChange.objects.create(
            administrator=administrator,
            requested_by=User.objects.create_user("una"),
            requested_at=now,
            state="pending",
        ).pk,
        "staff/signinevent": SignInEvent.objects.create(at=now, kind="wrong", name="pe…", name_hash="0").pk,
        "auth/user": User.objects.create_user("otra").pk,
        "auth/group": Group.objects.create(name="Grupo").pk,
    }


def addresses(rows: dict[str, object]) -> dict[tuple[str, str], str]:
    found = {}
    for model, pk in rows.items():
        found[model, ""] = f"/admin/{model}/"
        found[model, "add"] = f"/admin/{model}/add/"
        for action in ("change", "delete", "history"):
            found[model, action] = f"/admin/{model}/{pk}/{action}/"
    for action in ("reenviar", "otra-direccion"):
        found["notifications/message", action] = (
            f"/admin/notifications/message/{rows['notifications/message']}/{action}/"
        )
    for page in ("plantillas", "plantillas/ticket_advisor"):
        found["notifications/message", page] = f"/admin/notifications/message/{page}/"
    number = rows["tickets/ticket"]
    found["tickets/ticket", "estado"] = f"/admin/tickets/ticket/{number}/estado/closed/"
    return found


@pytest.mark.parametrize(
    ("make_user", "allowed"),
    [(advisor, ADVISOR), (supervisor, SUPERVISOR), (cast.carla, NOBODY)],
    ids=["advisor", "supervisor", "staff without permissions"],
)
def test_each_role_opens_what_is_listed_for_it_and_nothing_else(
    rows: dict[str, object], make_user: Callable[[], User], allowed: dict[str, set[str]]
) -> None:
    client = signed_in(make_user())
    for (model, action), address in addresses(rows).items():
        status = client.get(address).status_code
        if action in allowed[model]:
            assert status in {200, 302}, (address, status)
        else:
            assert status == 403, (address, status)


def test_a_page_that_may_not_be_opened_refuses_posts_too(rows: dict[str, object]) -> None:
    client = signed_in(advisor())
    for (model, action), address in addresses(rows).items():
        if action in {"add", "change", "delete"}:
            assert client.post(address, {"post": "yes"}).status_code == 403, (model, action)
    assert Ticket.objects.get().status == Ticket.Status.NEW


@pytest.mark.parametrize("who", ["anonymous", "visitor"])
def test_users_who_are_not_staff_are_redirected_to_the_sign_in(rows: dict[str, object], who: str) -> None:
    client = Client() if who == "anonymous" else signed_in(User.objects.create_user("nadie"))
    autocomplete = (
        "/admin/autocomplete/?app_label=companies&model_name=administration&field_name=company&term="
    )
    for address in (*addresses(rows).values(), "/admin/", "/admin/tickets/ticket/adjunto/1/", autocomplete):
        response = client.get(address)
        assert response.status_code == 302, address
        assert response["Location"].startswith("/admin/login/"), address


def test_every_registered_page_is_in_the_matrix() -> None:
    registered = {f"{model._meta.app_label}/{model._meta.model_name}" for model in admin.site._registry}
    assert registered == set(ADVISOR)


@pytest.mark.parametrize("listed", [roles.ADVISOR, roles.SUPERVISOR, roles.AUDITOR, roles.OPERATIONS])
def test_every_permission_listed_exists(listed: tuple[str, ...]) -> None:
    assert roles.permissions(listed).count() == len(set(listed)) == len(listed)


def test_the_menu_shows_only_what_may_be_opened() -> None:
    page = signed_in(advisor()).get("/admin/").content.decode()
    assert 'href="/admin/tickets/ticket/"' in page
    assert 'href="/admin/otp/phonelockout/"' not in page
    assert 'href="/admin/auth/user/"' not in page
    assert "Solicitudes" in page


def test_no_page_shows_the_data_that_a_code_is_derived_from(rows: dict[str, object]) -> None:
    root = User.objects.create_superuser("root")
    client = signed_in(root)
    for model in (Challenge, LimitUse, DemoMessage):
        assert client.get(f"/admin/{model._meta.label_lower.replace('.', '/')}/").status_code == 404
