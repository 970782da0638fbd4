"""A ticket's page at the desk: what it shows, and that nothing can be edited (R5.07, R5.12)."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from companies.models import Company
from desk import roles
from notifications.models import Message
from tests import cast
from tests.desk.desk import TICKETS, advisor, page_of, signed_in, soup, step_of, text_of
from tickets.effective_date import Calendar
from tickets.models import Attachment, RequestType, Ticket, TicketEvent

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def desk() -> Client:
    return signed_in(advisor())


def make_message(ticket: Ticket, **changes: object) -> Message:
    now = timezone.now()
    values: dict[str, object] = {
        "dedup_key": f"ticket:{ticket.number}:client",
        "subject_ref": f"ticket:{ticket.number}",
        "channel": Message.Channel.EMAIL,
        "to": ticket.email,
        "stored_subject": f"Ticket {ticket.number}: recibimos su solicitud",
        "stored_text": "Recibimos su solicitud.",
        "message_id": "<id@operadora.example>",
        "next_at": now,
        "give_up_at": now,
        "created_at": now,
    }
    return Message.objects.create(**{**values, **changes})


def make_attachment(ticket: Ticket, name: str = "sustento.pdf") -> Attachment:
    return Attachment.objects.create(
        ticket=ticket,
        original_name=name,
        content_type="application/pdf",
        size=1_887_437,
        sha256="0" * 64,
        file="aa/bb",
    )


def test_the_page_shows_all_that_the_customer_confirmed(desk: Client) -> None:
    administrator = cast.ana(cast.make_company(cut_days=(15, 31)))
    accounts = administrator.companies.get().billing_accounts.all()
    terms = RequestType().dates_at(timezone.now(), accounts, Calendar()).terms
    ticket = cast.make_ticket(
        administrator,
        details="Primera línea\nSegunda línea",
        effective_terms=[term.as_record() for term in terms],
        effective_date=terms[0].effective_date,
    )
    TicketEvent.objects.record(ticket, ticket.status, actor_name=ticket.requester_name)
    attachment, _message = make_attachment(ticket), make_message(ticket)

    response = desk.get(page_of(ticket.number))

    shown = text_of(response)
    for expected in (
        str(ticket.number),
        ticket.company_tax_id,
        ticket.reason_text,
        "099 123 4567",
        ticket.email,
    ):
        assert expected in shown
    assert "Primera línea\nSegunda línea" in soup(response).get_text()
    assert [term.account in shown for term in terms] == [True, True]
    assert f'href="/admin/tickets/ticket/adjunto/{attachment.pk}/"' in response.content.decode()
    assert "1,8" in shown
    assert "Por enviar" in shown
    assert "billing_cut" not in shown  # the page shows a table, not the stored JSON


def test_r5_06_the_page_shows_each_part_only_to_users_with_its_permission() -> None:
    ticket = cast.make_ticket()
    make_attachment(ticket)
    make_message(ticket)
    TicketEvent.objects.record(ticket, ticket.status)
    reader = cast.carla()
    reader.user_permissions.set(roles.permissions(roles.ADVISOR).filter(codename="view_ticket"))
    shown = signed_in(reader).get(page_of(ticket.number)).context
    assert {name: shown[name] for name in ("steps", "attachments", "events", "ticket_messages")} == {
        "steps": [],
        "attachments": [],
        "events": None,
        "ticket_messages": None,
    }


def test_a19_a_doubtful_ruc_is_pointed_out_to_the_advisor(desk: Client) -> None:
    ticket = cast.make_ticket()
    assert "Dígito verificador dudoso" not in text_of(desk.get(page_of(ticket.number)))
    Company.objects.update(tax_id_doubtful=True)
    assert "Dígito verificador dudoso" in text_of(desk.get(page_of(ticket.number)))


def test_r5_12_nothing_typed_by_a_visitor_becomes_markup(desk: Client) -> None:
    ticket = cast.make_ticket(details=SCRIPT, requester_name=SCRIPT, company_name=SCRIPT, reason_text=SCRIPT)
    make_attachment(ticket, name=f"{SCRIPT}.pdf")
    TicketEvent.objects.record(ticket, ticket.status, actor_name=SCRIPT, note=SCRIPT)
    message = make_message(ticket, stored_subject=SCRIPT, stored_text=SCRIPT, stored_html=SCRIPT)
    addresses = [
        TICKETS,
        page_of(ticket.number),
        step_of(ticket.number, "closed"),
        f"/admin/notifications/message/{message.pk}/change/",
        "/admin/notifications/message/",
    ]
    for address in addresses:
        response = desk.get(address)
        assert response.status_code == 200
        assert SCRIPT not in response.content.decode(), address


@pytest.mark.parametrize("action", ["change", "delete"])
def test_r5_07_a_forged_post_to_a_ticket_changes_nothing(action: str) -> None:
    root = cast.carla()
    root.is_superuser = True
    root.save()
    ticket = cast.make_ticket()
    before = Ticket.objects.values().get()
    forged = {
        "status": "closed",
        "details": "otra cosa",
        "company_tax_id": "0",
        "version": "0",
        "post": "yes",
    }
    response = signed_in(root).post(f"{TICKETS}{ticket.number}/{action}/", forged)
    assert response.status_code == 403
    assert Ticket.objects.values().get() == before


def test_r5_07_tickets_are_neither_added_nor_deleted_in_bulk() -> None:
    root = cast.carla()
    root.is_superuser = True
    root.save()
    ticket = cast.make_ticket()
    desk = signed_in(root)
    assert desk.get(f"{TICKETS}add/").status_code == 403
    desk.post(TICKETS, {"action": "delete_selected", "_selected_action": ticket.number, "post": "yes"})
    assert Ticket.objects.exists()


@pytest.mark.parametrize("number", ["9999999", "1", "abc", "9" * 30, "١٢٣٤٥٦٧"])
def test_an_unknown_ticket_number_is_not_found(desk: Client, number: str) -> None:
    assert desk.get(f"{TICKETS}{number}/change/").status_code == 404


def test_a_long_history_takes_no_more_queries_than_a_short_one(desk: Client) -> None:
    ticket = cast.make_ticket()
    make_message(ticket)
    desk.get(page_of(ticket.number))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(page_of(ticket.number)).status_code == 200
        return len(captured)

    short = queries()
    for serial in range(12):
        TicketEvent.objects.record(ticket, ticket.status, actor_name="Ana")
        make_attachment(ticket)
        make_message(ticket, dedup_key=f"k{serial}")
    assert queries() == short <= 25
    assert TicketEvent.objects.count() == 12


def test_a_long_history_is_shown_50_rows_at_a_time_from_the_latest(desk: Client) -> None:
    ticket = cast.make_ticket()
    for serial in range(120):
        TicketEvent.objects.record(ticket, ticket.status, actor_name="Ana", note=f"nota {serial}.")
        make_message(ticket, dedup_key=f"k{serial}", to=f"a{serial}@empresa.example")
    seen: list[list[str]] = []
    address = page_of(ticket.number)
    for _page in range(3):
        page = soup(desk.get(address))
        seen.append([note.get_text(strip=True) for note in page.select("#historial ~ ol .desk-text")])
        links = {link.get_text(strip=True): str(link["href"]) for link in page.select("#historial ~ p a")}
        assert ("Ver los movimientos más recientes" in links) is (_page > 0)
        address = page_of(ticket.number) + links.get("Ver los movimientos anteriores", "").partition("#")[0]
    assert [len(notes) for notes in seen] == [50, 50, 20]
    assert seen[2] + seen[1] + seen[0] == [f"nota {serial}." for serial in range(120)]
    recipients = soup(desk.get(page_of(ticket.number))).select(
        "#mensajes ~ table td[data-label=Destinatario]"
    )
    assert [cell.get_text(strip=True) for cell in recipients] == [
        f"a{serial}@empresa.example" for serial in range(70, 120)
    ]


@pytest.mark.parametrize("value", ["", "abc", "9" * 30, "-1", "0"])
def test_a_part_of_the_history_that_does_not_exist_is_no_error(desk: Client, value: str) -> None:
    ticket = cast.make_ticket()
    for parameter in ("historial", "mensajes"):
        assert desk.get(page_of(ticket.number), {parameter: value}).status_code == 200


def test_djangos_history_page_leads_to_the_tickets_history(desk: Client) -> None:
    ticket = cast.make_ticket()
    response = desk.get(f"{TICKETS}{ticket.number}/history/")
    assert response["Location"] == page_of(ticket.number) + "#historial"
