"""*Operación* is a read-only page of the desk without personal data (R4.17, R5.06)."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from notifications import outbox
from notifications.models import Message
from operations import alarms, heartbeats, metrics
from tests.desk.desk import advisor, signed_in, soup, supervisor, text_of
from tests.notifications.helpers import queue_email

pytestmark = pytest.mark.django_db

PAGE = "/admin/operations/heartbeat/"


def test_it_shows_processes_messages_codes_and_documents() -> None:
    for name in heartbeats.LIMITS:
        heartbeats.beat(name)
    shown = text_of(signed_in(supervisor()).get(PAGE))
    for words in ("Trabajador (worker) hace", "Agenda (beat) hace", "Repaso (sweep) hace", "Por enviar 0"):
        assert words in shown
    for title in (
        "Procesos",
        "Mensajes",
        "Códigos y SMS",
        "Documentos",
        "Mensajes detenidos",
        "Alarmas recientes",
    ):
        assert title in shown
    assert "crítico" not in shown


def test_stuck_messages_are_linked_oldest_first_without_their_recipient() -> None:
    now = timezone.now()
    for minutes in (10, 50):
        message = queue_email(to="ana@acme.example")
        since = now - timedelta(minutes=minutes)
        Message.objects.filter(pk=message.pk).update(
            created_at=since, give_up_at=since + outbox.GIVE_UP_AFTER
        )
    page = signed_in(supervisor()).get(PAGE)
    links = [link["href"] for link in soup(page).select("[aria-labelledby=detenidos] a")]
    newest = list(Message.objects.order_by("-pk").values_list("pk", flat=True))
    messages = "/admin/notifications/message/"
    assert links == [*(f"{messages}{pk}/change/" for pk in newest), f"{messages}?detenidos=si"]
    assert "ana@" not in page.content.decode()
    assert "El último error de cada mensaje" in text_of(page)


def test_alarms_are_shown_with_what_they_mean() -> None:
    alarms.raise_alarm("sms-day-80", "1600 de 2000")
    shown = text_of(signed_in(supervisor()).get(PAGE))
    assert "Salió el 80 % de los códigos del día 1600 de 2000" in shown
    assert "Abierta" in shown


def test_the_share_of_the_budget_is_a_bar_with_its_numbers() -> None:
    bar = soup(signed_in(supervisor()).get(PAGE)).select_one("meter")
    assert bar is not None
    assert (bar["value"], bar["max"], bar.get_text().split()[:2]) == ("0.000", "1", ["0", "de"])


def test_sources_that_fail_are_named_and_the_other_metrics_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> list[metrics.Metric]:
        raise OperationalError("down")

    monkeypatch.setattr(metrics, "_sources", dict(metrics._sources))
    metrics.register("codes", "Códigos y SMS", fail, order=99)
    shown = text_of(signed_in(supervisor()).get(PAGE))
    assert "Estas cifras no se pudieron leer: codes" in shown
    assert "Procesos" in shown


def test_an_advisor_has_no_such_page_and_nobody_can_post_to_it() -> None:
    carla = signed_in(advisor())
    assert carla.get(PAGE).status_code == 403
    assert PAGE not in carla.get("/admin/").content.decode()
    client = signed_in(supervisor())
    assert PAGE in client.get("/admin/").content.decode()
    assert client.post(f"{PAGE}worker/delete/", {"post": "yes"}).status_code == 403


def test_a_source_that_fails_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in the code of one source does not stop the sources after it."""
    monkeypatch.setattr(metrics, "_sources", dict(metrics._sources))
    metrics.register("broken", "Rota", lambda: [metrics.Metric("x", "x", 1 // 0, "x")], order=1)
    reading = metrics.collect()
    assert reading.failed == ["broken"]
    assert {"Procesos", "Mensajes"} <= set(reading.groups)
