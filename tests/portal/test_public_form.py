"""`consulta/`: people without a registered number ask, verified by e-mail (D7, D8)."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from attachments.models import StagedFile
from companies.phones import display
from notifications.models import Message
from notifications.sending import delivery
from notifications.sms import memory
from otp import tasks
from otp.limits.rates import parse_rates
from otp.models import Challenge, LimitUse
from tests import cast
from tests.portal.public_client import (
    CODE,
    DONE,
    EMAIL,
    FORM,
    filled,
    mailed_code,
    make_public_type,
    sent,
    wrong,
)
from tests.portal.test_sameness import CSRF, shape
from tests.tickets.portal_client import fields_of, pdf, soup, staged_in, text_of
from tickets import public_code, public_requests
from tickets.models import Attachment, PublicRequest, RequestField, RequestType, Ticket, TicketEvent
from tickets.tasks import remove_orphaned_files

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
KEY = re.compile(rb'(?<=name="submission_key" value=")[^"]+')


@pytest.fixture(autouse=True)
def public_type() -> RequestType:
    return make_public_type()


def test_a_prospect_asks_and_gets_a_ticket(client: Client) -> None:
    sent(client)
    assert Ticket.objects.count() == 0
    code = mailed_code(client)
    assert mail.outbox[0].to == [EMAIL]
    assert "local" not in str(mail.outbox[0].body)  # typed text is not mailed before verification
    answer = client.post(CODE, {"code": code})
    assert (answer.status_code, answer["Location"]) == (303, DONE)
    ticket = Ticket.objects.get()
    assert (ticket.channel, ticket.relation, ticket.verified_by) == ("portal", "prospect", "email")
    assert (ticket.company, ticket.administrator, ticket.verified_phone) == (None, None, "")
    assert (ticket.email, ticket.contact_phone, ticket.details) == (
        EMAIL,
        "+593997654321",
        "Internet para mi local",
    )
    assert TicketEvent.objects.get().actor_name == "Lucía Vera"
    assert set(Message.objects.values_list("kind", flat=True)) == {"ticket_confirmation", "ticket_advisor"}
    page = text_of(client.get(DONE))
    assert str(ticket.number) in page
    assert "Registramos su interés: Servicio nuevo." in page
    row = PublicRequest.objects.get()
    assert (row.content, row.email) == ({}, "")


def test_the_code_is_in_no_table(client: Client) -> None:
    sent(client)
    code = mailed_code(client)
    row = PublicRequest.objects.values().get()
    assert code not in {str(value) for value in row.values()}
    assert not Message.objects.exists()


def test_the_mails_say_nothing_of_a_company_or_the_portal(client: Client) -> None:
    sent(client)
    client.post(CODE, {"code": mailed_code(client)})
    mail.outbox.clear()
    for message in Message.objects.all():
        delivery.deliver(message.pk)
    by_recipient = {message.to[0]: str(message.body) for message in mail.outbox}
    assert len(by_recipient) == 2
    assert "Cliente:" not in by_recipient[EMAIL]
    assert "/fidelizacion/ticket/" not in by_recipient[EMAIL]
    assert all(" de ," not in body and "None" not in body for body in by_recipient.values())


def test_an_invalid_form_keeps_what_was_typed_and_its_files(client: Client) -> None:
    page = client.post(FORM, filled(client, email="lucia", attachments=[pdf("plano.pdf")]))
    assert page.status_code == 422
    assert "Escriba un correo electrónico completo" in text_of(page)
    assert list(staged_in(page)) == ["plano.pdf"]
    assert fields_of(page)["details"] == "Internet para mi local"
    again = client.post(FORM, {**fields_of(page), "email": EMAIL})
    assert again.status_code == 303
    client.post(CODE, {"code": mailed_code(client)})
    assert [document.original_name for document in Attachment.objects.all()] == ["plano.pdf"]


def test_documents_go_through_the_same_inspection(client: Client) -> None:
    page = client.post(FORM, filled(client, attachments=[pdf("virus.exe", b"MZ"), pdf("bueno.pdf")]))
    assert page.status_code == 422
    assert "virus.exe" in text_of(page)
    assert list(staged_in(page)) == ["bueno.pdf"]


def test_another_browser_cannot_use_the_files(client: Client) -> None:
    page = client.post(FORM, filled(client, email="", attachments=[pdf()]))
    stolen = fields_of(page)["staged"]
    other = Client()
    refused = other.post(FORM, filled(other, staged=stolen))
    assert refused.status_code == 422
    assert staged_in(refused) == {}


def test_the_files_of_strangers_are_limited_for_all_together(client: Client, settings: Any) -> None:
    settings.PUBLIC_FILES_PER_DAY = parse_rates("1/d")
    sent(client, attachments=[pdf()])
    other = Client(REMOTE_ADDR="198.51.100.7")
    page = other.post(FORM, filled(other, attachments=[pdf()]))
    assert page.status_code == 422
    assert "Hoy no podemos recibir más archivos" in text_of(page)
    assert StagedFile.objects.count() == 1


def test_five_wrong_codes_end_it_and_another_one_registers_the_same_text(client: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sent(client)
        code = mailed_code(client)
        pages = [client.post(CODE, {"code": wrong(code)}) for _ in range(5)]
        assert {page.status_code for page in pages} == {422}
        assert "Le quedan 4 intentos." in text_of(pages[0])
        assert "El código ya no sirve" in text_of(pages[4])
        assert "El código ya no sirve" in text_of(client.post(CODE, {"code": code}))
        client.post(CODE, {"resend": "1"})
        assert "El código ya no sirve" in text_of(client.post(CODE, {"code": code}))
        assert Ticket.objects.count() == 0
        clock.shift(timedelta(minutes=1))
        assert client.post(CODE, {"resend": "1"}).status_code == 303
        assert client.post(CODE, {"code": mailed_code(client)})["Location"] == DONE
    assert Ticket.objects.get().details == "Internet para mi local"


def test_a_malformed_code_is_no_attempt(client: Client) -> None:
    sent(client)
    code = mailed_code(client)
    for typed in ("", "12", "letras"):
        assert client.post(CODE, {"code": typed}).status_code == 422
    assert PublicRequest.objects.get().attempts == 0
    assert client.post(CODE, {"code": f"{code[:3]} {code[3:]}"}).status_code == 303


def test_after_thirty_minutes_the_code_is_useless_and_the_text_deleted(client: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sent(client)
        code = mailed_code(client)
        clock.shift(timedelta(minutes=30))
        assert "El código ya no sirve" in text_of(client.post(CODE, {"code": code}))
        remove_orphaned_files()
        assert not PublicRequest.objects.exists()
        page = client.post(CODE, {"code": code})
        assert page.status_code == 422
        assert "El código ya no sirve" in text_of(page)
    assert Ticket.objects.count() == 0


def test_another_code_replaces_the_first_after_a_minute(client: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sent(client)
        mailed_code(client)
        assert client.post(CODE, {"resend": "1"}).status_code == 429
        clock.shift(timedelta(minutes=1))
        assert client.post(CODE, {"resend": "1"}).status_code == 303
        second = mailed_code(client)
        row = PublicRequest.objects.get()
        assert public_code.code_of(row.nonce, row.email) == second
        assert client.post(CODE, {"code": second}).status_code == 303


@pytest.mark.parametrize(
    ("setting", "address"),
    [
        ("PUBLIC_CODES_PER_EMAIL", "198.51.100.7"),
        ("PUBLIC_CODES_PER_ADDRESS", "127.0.0.1"),
        ("PUBLIC_CODES_PER_DAY", "198.51.100.7"),
    ],
)
def test_each_limit_answers_429_and_keeps_nothing(settings: Any, setting: str, address: str) -> None:
    setattr(settings, setting, parse_rates("1/h"))
    sent(Client())
    email = EMAIL.upper() if setting == "PUBLIC_CODES_PER_EMAIL" else "otra@hogar.example"
    second = Client(REMOTE_ADDR=address)
    page = second.post(FORM, filled(second, email=email))
    assert page.status_code == 429
    assert PublicRequest.objects.count() == 1
    assert second.get(CODE)["Location"] == FORM


def test_the_uses_are_kept_as_long_as_their_windows() -> None:
    assert {name for name in tasks.LIMITS if name.startswith("PUBLIC_")} == {
        "PUBLIC_CODES_PER_ADDRESS",
        "PUBLIC_CODES_PER_DAY",
        "PUBLIC_CODES_PER_EMAIL",
        "PUBLIC_FILES_PER_DAY",
    }


def test_a_registered_person_is_answered_like_any_other() -> None:
    cast.ana()
    seen = []
    for phone, email in ((cast.ANA_PHONE, "ana@acme.example"), (cast.NOBODY_PHONE, "eva@acme.example")):
        client = Client()
        posted = filled(client, contact_phone=phone, email=email)
        walk: list[Any] = []
        with CaptureQueriesContext(connection) as captured:
            client.post(FORM, posted)
            walk += [client.get(CODE), client.post(CODE, {"code": "000000"})]
            code = mailed_code(client)
            walk += [client.post(CODE, {"code": code}), client.get(DONE)]
        number = str(Ticket.objects.latest("number").number).encode()
        typed = [email.encode(), *_written(phone), number]  # all that may differ
        bodies = [KEY.sub(b"", CSRF.sub(b"", page.content)) for page in walk]
        for text in typed:
            bodies = [body.replace(text, b"") for body in bodies]
        seen.append(
            (bodies, [page.status_code for page in walk], [shape(query["sql"]) for query in captured])
        )
    assert seen[0] == seen[1]


def _written(phone: str) -> list[bytes]:
    """The number as pages show it; spaces or no-break spaces."""
    shown = display(phone)
    return [shown.encode(), shown.replace(" ", "\u00a0").encode(), shown.replace(" ", "&nbsp;").encode()]


def test_no_sms_leaves_and_no_session_of_the_portal_opens(client: Client) -> None:
    administrator = cast.ana()
    memory.outbox.clear()
    sent(client, contact_phone=administrator.phone, email=administrator.email)
    client.post(CODE, {"code": mailed_code(client)})
    assert memory.outbox == []
    assert not Challenge.objects.exists()
    assert set(client.session.keys()) == {"consulta.key"}
    number = Ticket.objects.get().number
    for path in ("/fidelizacion/solicitud/", "/fidelizacion/tickets/", f"/fidelizacion/ticket/{number}/"):
        assert client.get(path)["Location"].partition("?")[0] == "/fidelizacion/"
    assert not LimitUse.objects.filter(key__startswith="phone:").exists()


def test_one_key_is_one_ticket(client: Client) -> None:
    posted = sent(client)
    code = mailed_code(client)
    assert client.post(FORM, posted)["Location"] == CODE  # a second click sends no second mail
    assert LimitUse.objects.filter(key__startswith="public.all:").count() == 1
    for _ in range(2):
        assert client.post(CODE, {"code": code})["Location"] == DONE
    assert client.post(FORM, posted)["Location"] == DONE
    edited = client.post(FORM, {**posted, "details": "Otra cosa"})
    assert edited.status_code == 422
    assert "registrado con el ticket" in text_of(edited)
    assert fields_of(edited)["submission_key"] != posted["submission_key"]
    assert Ticket.objects.count() == 1
    row = PublicRequest.objects.get()
    row.content, row.email = late_content(), EMAIL
    assert public_requests.register(row, ()).pk == Ticket.objects.get().pk  # a click that came as late


def late_content() -> dict[str, Any]:
    return {
        "notice_at": timezone.now().isoformat(),
        "effective_rule": "none",
        "effective_terms": [],
        "staged": [],
        "reason": None,
        "requester_name": "Lucía Vera",
        "contact_phone": "+593997654321",
        "details": "Internet",
        "answers": [],
    }


def test_an_edited_form_replaces_the_one_before_it(client: Client) -> None:
    posted = sent(client)
    first = mailed_code(client)
    assert client.post(FORM, {**posted, "details": "Telefonía fija"})["Location"] == CODE
    code = mailed_code(client)
    assert PublicRequest.objects.count() == 1
    if code != first:
        assert client.post(CODE, {"code": first}).status_code == 422
    client.post(CODE, {"code": code})
    assert Ticket.objects.get().details == "Telefonía fija"


def test_a_forged_key_is_refused_and_the_text_kept(client: Client) -> None:
    page = client.post(FORM, filled(client, submission_key="0" * 32))
    assert page.status_code == 422
    assert "El formulario había caducado" in text_of(page)
    assert client.post(FORM, fields_of(page)).status_code == 303


def test_the_sweep_mails_what_no_worker_did(client: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sent(client)
        mail.outbox.clear()
        assert public_code.sweep() == 0
        clock.shift(timedelta(seconds=5))
        assert public_code.sweep() == 1
        assert public_code.sweep() == 0
    assert len(mail.outbox) == 1


def test_the_type_asks_its_own_questions(client: Client, public_type: RequestType) -> None:
    RequestField.objects.create(
        request_type=public_type, name="address", label="Dirección", kind="short_text", is_required=True
    )
    assert client.post(FORM, filled(client)).status_code == 422
    sent(client, field_address="Av. Amazonas N34")
    client.post(CODE, {"code": mailed_code(client)})
    assert Ticket.objects.get().answers[0]["text"] == "Av. Amazonas N34"


def test_only_its_own_types_are_offered(client: Client, public_type: RequestType) -> None:
    cast.make_request_type()
    private = RequestType.objects.get(in_portal=True)
    assert "Servicio nuevo" in text_of(client.get(FORM, {"tipo": private.code}))
    page = client.post(FORM, filled(client, request_type=private.code))
    assert page.status_code == 422
    assert not PublicRequest.objects.exists()
    RequestType.objects.create(code="doubt", name="Una duda", in_portal=False, in_public_form=True)
    choice = client.get(FORM)
    assert {radio["value"] for radio in soup(choice).select("[type=radio]")} == {"new_service", "doubt"}
    refused = client.post(FORM, {"request_type": private.code})
    assert refused.status_code == 422
    assert "Elija una de estas opciones." in text_of(refused)
    chosen = client.post(FORM, {"request_type": "doubt"})["Location"]
    assert chosen == f"{FORM}?tipo=doubt"
    assert fields_of(client.get(chosen))["request_type"] == "doubt"
    public_type.delete()
    RequestType.objects.update(in_public_form=False)
    assert "no recibe consultas" in text_of(client.get(FORM))


@pytest.mark.parametrize("page", ["/fidelizacion/", "/fidelizacion/ayuda/"])
def test_entry_and_help_link_to_it_while_a_type_is_offered(client: Client, page: str) -> None:
    assert soup(client.get(page)).select(f"a[href='{FORM}']")
    RequestType.objects.update(in_public_form=False)
    assert not soup(client.get(page)).select(f"a[href='{FORM}']")


def test_the_desk_shows_a_ticket_without_a_company(client: Client) -> None:
    sent(client)
    client.post(CODE, {"code": mailed_code(client)})
    ticket = Ticket.objects.get()
    desk = Client()
    desk.force_login(User.objects.create_superuser("jefa", "jefa@op.example", "x"))
    listed = desk.get("/admin/tickets/ticket/")
    assert str(ticket.number) in text_of(listed)
    for term in (str(ticket.number), EMAIL, "0997654321", "Lucía"):
        assert str(ticket.number) in text_of(desk.get("/admin/tickets/ticket/", {"q": term})), term
    page = desk.get(f"/admin/tickets/ticket/{ticket.number}/change/")
    assert page.status_code == 200
    assert "Interesado sin servicios" in text_of(page)
    assert "None" not in text_of(page)
    assert desk.get(f"/admin/tickets/ticket/{ticket.number}/estado/closed/").status_code == 200
    assert desk.get("/admin/").status_code == 200
