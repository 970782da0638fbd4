"""Request types, reasons and areas are cached for a second, and a change shows within it."""

import sys
from collections.abc import Callable
from itertools import count
from threading import Thread
from types import FrameType
from typing import TYPE_CHECKING

import pytest
from django.db import connection, transaction

from tests import cast
from tests.tickets.portal_client import REQUEST, fields_of, filled_form, text_of, visitor
from tickets import offer
from tickets.models import Area, Reason, RequestType, Ticket

if TYPE_CHECKING:
    from _typeshed import TraceFunction

# With real commits, because within a transaction nothing is cached
pytestmark = pytest.mark.django_db(transaction=True)

NEW = "Cambio de operador"
GONE = "No utiliza el servicio"


class Clock:
    """A clock that stands still until it is moved."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(offer, "time", clock)
    return clock


def texts() -> list[str]:
    return [reason.text for reason in offer.current_offer().reasons]


def in_another_connection(*statements: str) -> None:
    """Run SQL as another process would: no signal of Django's is sent."""

    def run() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    thread.join()


def test_a_change_of_another_process_shows_after_a_second(clock: Clock) -> None:
    cast.make_request_type()
    before = texts()
    in_another_connection(f"UPDATE tickets_reason SET text = '{NEW}' WHERE text = '{GONE}'")  # noqa: S608
    clock.now += offer.CACHE_SECONDS - 0.01
    assert texts() == before
    clock.now += 0.01
    assert NEW in texts()
    assert offer.CACHE_SECONDS <= 1


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    "change",
    [
        lambda kind: Reason.objects.create(request_type=kind, text=NEW),
        lambda _kind: Reason.objects.filter(text=GONE).update(text=NEW),
        lambda kind: Reason.objects.bulk_create([Reason(request_type=kind, text=NEW)]),
        lambda kind: Reason.objects.bulk_update([_renamed(kind)], ["text"]),
        lambda kind: kind.reasons.filter(text=GONE).update(text=NEW),
        lambda _kind: Reason.objects.filter(text=GONE).delete(),
        lambda kind: kind.reasons.get(text=GONE).delete(),
        lambda kind: kind.delete(),
        lambda _kind: RequestType.objects.update(in_portal=False),
    ],
)
def test_a_change_of_this_process_shows_at_once(change: Callable[[RequestType], object]) -> None:
    kind = cast.make_request_type()
    before = texts()
    change(kind)
    assert texts() != before


def _renamed(kind: RequestType) -> Reason:
    reason = kind.reasons.get(text=GONE)
    reason.text = NEW
    return reason


@pytest.mark.usefixtures("clock")
def test_areas_show_at_once_too() -> None:
    kind = cast.make_request_type()
    area = Area.objects.create(name="Cobranzas", email="c@operadora.example")
    assert offer.current_offer().areas_of(kind) == []
    kind.areas.add(area)
    assert offer.current_offer().areas_of(kind) == [area]
    Area.objects.update(is_active=False)
    assert offer.current_offer().areas_of(kind) == []


@pytest.mark.usefixtures("clock")
def test_what_is_rolled_back_is_never_cached() -> None:
    cast.make_request_type()
    before = texts()
    with transaction.atomic():
        Reason.objects.filter(text=GONE).update(text=NEW)
        assert NEW in texts()
        transaction.set_rollback(True)
    assert texts() == before


@pytest.mark.usefixtures("clock")
def test_what_was_read_before_a_change_is_not_cached_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = cast.make_request_type()
    read, calls = offer._read, count()

    def slow() -> offer._Offers:
        old = read()
        if next(calls) == 0:
            Reason.objects.create(request_type=kind, text=NEW)  # after the read, before it is cached
        return old

    monkeypatch.setattr(offer, "_read", slow)
    offer.forget()
    assert NEW not in texts()
    assert NEW in texts()


@pytest.mark.usefixtures("clock")
def test_a_reason_deleted_meanwhile_is_an_error_of_the_form() -> None:
    form = filled_form(visitor(cast.ana()))
    in_another_connection("DELETE FROM tickets_reason")
    answer = form.post()
    assert answer.status_code == 422
    assert "Ese motivo ya no está en la lista. Seleccione otro." in text_of(answer)
    assert form.values["details"] in text_of(answer)
    assert not Ticket.objects.exists()
    assert form.post(reason="otro").status_code == 303


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("reason", ["otro", None])
def test_a_request_type_deleted_meanwhile_is_an_error_of_the_form(reason: str | None) -> None:
    form = filled_form(visitor(cast.ana()))
    RequestType.objects.create(code="doubt", name="Duda", position=9)
    in_another_connection(
        "DELETE FROM tickets_reason", "DELETE FROM tickets_requesttype WHERE code = 'cancellation'"
    )
    answer = form.post(**({"reason": reason} if reason else {}))
    assert answer.status_code == 422
    assert "Ese tipo de requerimiento ya no se ofrece." in text_of(answer)
    assert form.values["details"] in text_of(answer)
    assert not Ticket.objects.exists()


@pytest.mark.usefixtures("clock")
def test_a_form_whose_last_type_was_deleted_is_kept_until_there_is_one_again() -> None:
    form = filled_form(visitor(cast.ana()))
    in_another_connection("DELETE FROM tickets_reason", "DELETE FROM tickets_requesttype")
    answer = form.post()
    assert answer.status_code == 422
    assert "El portal no recibe solicitudes ahora" in text_of(answer)
    assert not Ticket.objects.exists()
    cast.make_request_type()
    assert fields_of(form.client.get(REQUEST))["details"] == form.values["details"]


def test_an_old_offer_is_never_used_however_threads_alternate(clock: Clock) -> None:
    """Another thread may read the offer anew between any two steps of this one."""
    cast.make_request_type()
    get, lock = offer._offer_cache.get, offer._offer_cache._lock
    old = get()

    def interrupted_at(step: int) -> tuple[offer._Offers, bool]:
        steps = count()

        def trace(frame: FrameType, event: str, _argument: object) -> "TraceFunction | None":
            if frame.f_code is not offer._OfferCache.get.__code__:
                return None
            frame.f_trace_opcodes = True
            # Not while this thread holds the lock: the other one would wait for it forever
            if event == "opcode" and not lock.locked() and next(steps) == step:
                thread = Thread(target=refresh)
                thread.start()
                thread.join()
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            return get(), next(steps) > step
        finally:
            sys.settrace(before)

    def refresh() -> None:
        try:
            get()
        finally:
            connection.close()

    for step in count():
        clock.now += offer.CACHE_SECONDS
        found, was_interrupted = interrupted_at(step)
        assert found is not old
        old = found
        if not was_interrupted:
            break
    assert step > 10
