"""The audit at the desk, its search by phone, and lifting the wait of a phone (R1.07, R1.28)."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from otp import audit
from otp.models import AuditEvent, PhoneLockout
from otp.pin import challenges
from tests import cast
from tests.desk.desk import signed_in, soup, supervisor, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
AUDIT = "/admin/otp/auditevent/"
LOCKOUTS = "/admin/otp/phonelockout/"


def rows(response: Any) -> list[Any]:
    return list(soup(response).select("#result_list tbody tr"))


def lift(client: Client) -> Any:
    return client.post(LOCKOUTS, {"action": "unlock", "_selected_action": [cast.ANA_PHONE]}, follow=True)


@pytest.fixture
def waiting() -> PhoneLockout:
    until = timezone.now() + timedelta(hours=1)
    return PhoneLockout.objects.create(phone=cast.ANA_PHONE, failures=12, locks=3, locked_until=until)


@pytest.mark.parametrize("spelling", ["0991234567", "099 123 4567", "+593991234567"])
def test_a_numbers_events_are_found_in_any_spelling_and_no_others(spelling: str) -> None:
    """R8.09."""
    challenges.start(cast.ANA_PHONE, "a" * 64, "198.51.100.7")
    challenges.start(cast.BRUNO_PHONE, "b" * 64, "198.51.100.7")
    desk = signed_in(supervisor())
    found = rows(desk.get(AUDIT, {"q": spelling}))
    assert len(found) == 1
    assert "…567" in found[0].get_text()
    assert len(rows(desk.get(AUDIT))) == 2
    assert rows(desk.get(AUDIT, {"q": "567"})) == []


def test_the_list_is_filtered_by_kind() -> None:
    challenges.verify(challenges.start(cast.ANA_PHONE, "a" * 64, "198.51.100.7"), "not it")
    found = rows(signed_in(supervisor()).get(AUDIT, {"kind__exact": "failed"}))
    assert len(found) == 1
    assert "Código equivocado" in found[0].get_text()


def test_the_page_of_an_event_shows_no_full_number() -> None:
    challenges.start(cast.ANA_PHONE, "a" * 64, "198.51.100.7")
    page = signed_in(supervisor()).get(f"{AUDIT}{AuditEvent.objects.get().pk}/change/")
    assert "Código pedido" in text_of(page)
    assert "198.51.100.7" in text_of(page)
    assert cast.ANA_PHONE[4:] not in page.content.decode()


def test_a_supervisor_lifts_a_wait_and_the_audit_says_who(waiting: PhoneLockout) -> None:
    """R1.07."""
    sonia = supervisor()
    assert "Se levantó la espera de 1 número." in text_of(lift(signed_in(sonia)))
    waiting.refresh_from_db()
    assert (waiting.failures, waiting.locked_until) == (0, None)
    event = AuditEvent.objects.get()
    assert (event.kind, event.result, event.user, event.actor) == ("unlocked", "done", sonia, "sonia")


def test_staff_who_may_only_read_lift_no_wait(waiting: PhoneLockout) -> None:
    reader = User.objects.create_user("lector", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_phonelockout"))
    client = signed_in(reader)
    lift(client)
    waiting.refresh_from_db()
    assert waiting.failures == 12
    assert not AuditEvent.objects.exists()
    listed = text_of(client.get(LOCKOUTS))
    assert "099 123 4567" in listed
    assert "Levantar la espera" not in listed


def test_a_wait_is_lifted_by_a_post_with_the_pages_token_only(waiting: PhoneLockout) -> None:
    """R6.10."""
    strict = signed_in(supervisor(), enforce_csrf_checks=True)
    assert lift(strict).status_code == 403
    strict.get(LOCKOUTS, {"action": "unlock", "_selected_action": cast.ANA_PHONE})
    waiting.refresh_from_db()
    assert waiting.failures == 12


@pytest.mark.parametrize("action", ["change", "delete"])
def test_a_forged_post_to_an_event_changes_nothing(action: str) -> None:
    challenges.start(cast.ANA_PHONE, "a" * 64, "198.51.100.7")
    event = AuditEvent.objects.get()
    root = signed_in(User.objects.create_superuser("root"))
    assert root.post(f"{AUDIT}{event.pk}/{action}/", {"post": "yes", "kind": "failed"}).status_code == 403
    assert AuditEvent.objects.get().kind == "asked"


@pytest.mark.parametrize("kind", AuditEvent.Kind)
def test_each_kind_of_event_is_shown_in_words(kind: AuditEvent.Kind) -> None:
    audit.record(kind, AuditEvent.Result.DONE, cast.ANA_PHONE, session_ref="a" * 64)
    [row] = rows(signed_in(supervisor()).get(AUDIT))
    assert str(kind.label) in row.get_text()
