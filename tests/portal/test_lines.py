"""The list of lines in the request form: read, shown for review, registered as seen (A10, A22)."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from companies.models import ServiceLine
from desk.tickets.page import context as page_context
from notifications.models import Message
from tests import cast
from tests.portal.lines_client import again, asked, company, form_of, sheet
from tests.tickets.portal_client import (
    fields_of,
    filled_form,
    soup,
    text_of,
    visitor,
)
from tickets.lines.actions import Action
from tickets.lines.template import TemplateLine
from tickets.models import LineList, RequestType, Ticket, TicketLine
from tickets.tasks import remove_orphaned_files

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
TEMPLATE = "/fidelizacion/solicitud/plantilla.xlsx"


def test_a10_a_pasted_list_is_shown_and_then_registered() -> None:
    form = form_of(company("0991110001", "0991110002"))
    shown = form.post(lines_text="099 111 0001; +593 99 111-0002")
    assert shown.status_code == 200
    assert "Entendimos 2 líneas" in text_of(shown)
    assert not Ticket.objects.exists()
    done = again(form.client, shown)
    assert done.status_code == 303
    assert asked() == [("0991110001", "cancel"), ("0991110002", "cancel")]
    line = TicketLine.objects.select_related("ticket").first()
    assert line is not None
    assert line.effective_date == line.ticket.effective_date
    assert line.account_number.endswith("-1")


def test_a10_a_sheet_moves_a_line_to_prepaid() -> None:
    form = form_of(company("0991110001"))
    line = TemplateLine("0991110001", Action.PREPAID, "1710034065", "Luz Marina Vera")
    shown = form.post(lines_file=sheet(line))
    typed = fields_of(shown)
    assert (typed["lines_0991110001_id"], typed["lines_0991110001_name"]) == ("1710034065", "Luz Marina Vera")
    assert again(form.client, shown).status_code == 303
    kept = TicketLine.objects.get()
    assert (kept.action, kept.holder_tax_id, kept.holder_name) == (
        "prepaid",
        "1710034065",
        "Luz Marina Vera",
    )


def test_a_type_without_prepaid_does_not_request_it() -> None:
    form = form_of(company("0991110001"))
    RequestType.objects.update(allows_prepaid=False)
    line = TemplateLine("0991110001", Action.PREPAID, "1710034065", "Luz Marina Vera")
    shown = form.post(lines_file=sheet(line))
    assert "no puede pasar a prepago" in text_of(shown)
    assert again(form.client, shown).status_code == 422  # nothing is left to ask for


def test_a5_a_line_of_another_company_is_as_unknown_as_any() -> None:
    other = company("0991119999")
    assert other.pk
    form = form_of(company("0991110001"))
    texts = []
    for number in ("0991119999", "0991118888"):
        page = soup(form.post(lines_text=f"0991110001\n{number}")).select_one("#lista")
        assert page
        texts.append(page.get_text(" ").replace(number, "N"))
    assert texts[0] == texts[1]
    assert "No es un servicio de su empresa" in texts[0]


def test_what_is_not_recognised_may_go_as_text() -> None:
    form = form_of(company("0991110001"))
    shown = form.post(lines_text="0991110001\nEl enlace de la bodega sur")
    assert again(form.client, shown, lines_unmatched="on").status_code == 303
    ticket = Ticket.objects.get()
    assert "El enlace de la bodega sur" in ticket.details
    assert ticket.lines.count() == 1


def test_a22_a_line_cancelled_after_the_review_is_shown_again() -> None:
    form = form_of(company("0991110001", "0991110002"))
    shown = form.post(lines_text="0991110001 0991110002")
    ServiceLine.objects.filter(number="0991110002").update(status=ServiceLine.Status.CANCELLED)
    shown = again(form.client, shown)
    assert shown.status_code == 200
    assert "ya está dado de baja" in text_of(shown)
    assert again(form.client, shown).status_code == 303
    assert asked() == [("0991110001", "cancel")]


def test_a22_a_list_changed_in_another_tab_is_shown_again() -> None:
    form = form_of(company("0991110001", "0991110002"))
    first = form.post(lines_file=sheet(TemplateLine("0991110001")))
    form.post(lines_file=sheet(TemplateLine("0991110002")))
    assert again(form.client, first).status_code == 200
    assert not Ticket.objects.exists()


def test_a_second_click_gets_the_same_ticket() -> None:
    form = form_of(company("0991110001"))
    shown = form.post(lines_text="0991110001")
    first, second = again(form.client, shown), again(form.client, shown)
    assert (first.status_code, first["Location"]) == (second.status_code, second["Location"])
    assert Ticket.objects.count() == 1


def test_a23_the_same_lines_from_a_new_form_are_a_repetition() -> None:
    form = form_of(company("0991110001", "0991110002"))
    again(form.client, form.post(lines_text="0991110001"))
    new = filled_form(form.client, details="")
    repeated = again(form.client, new.post(lines_text="099-111-0001"))
    assert repeated.status_code == 422
    assert "Esta solicitud ya está registrada" in text_of(repeated)
    other = filled_form(form.client, details="")
    assert again(form.client, other.post(lines_text="0991110002")).status_code == 303


def test_corrected_text_is_read_again_and_removed_text_removes_the_list() -> None:
    form = form_of(company("0991110001", "0991110002"))
    shown = form.post(lines_text="0991110001")
    shown = again(form.client, shown, lines_text="0991110002")
    assert "Entendimos 1 línea" in text_of(shown)
    shown = again(form.client, shown, lines_text="")
    assert not LineList.objects.exists()
    assert again(form.client, shown).status_code == 422  # says nothing
    assert again(form.client, shown, details="Todo").status_code == 303
    assert asked() == []


def test_a_list_is_removed_on_request() -> None:
    form = form_of(company("0991110001"), details="Todo")
    shown = form.post(lines_file=sheet(TemplateLine("0991110001")))
    assert again(form.client, shown, lines_remove="on").status_code == 303
    assert asked() == []


def test_another_phone_does_not_see_the_list_of_a_key() -> None:
    form = form_of(company("0991110001"))
    shown = form.post(lines_text="0991110001")
    LineList.objects.update(phone="+593990000000")
    shown = again(form.client, shown, lines_text="")
    assert "Entendimos 1" not in text_of(shown)


@pytest.mark.parametrize("name", ["lista.xlsx", "lista.xls", "lista.csv"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04" + b"\0" * 50,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 600,
        b"\0\1\2",
        b"x" * 2_100_000,
    ],
)
def test_a_hostile_file_is_refused_with_words(name: str, content: bytes) -> None:
    form = form_of(company("0991110001"), requester_name="Ana Vera")
    refused = form.post(lines_file=SimpleUploadedFile(name, content))
    page = soup(refused)
    assert refused.status_code == 422
    assert page.select_one("#id_lines_file_error")
    assert fields_of(refused)["requester_name"] == "Ana Vera"
    assert not LineList.objects.exists()


@pytest.mark.parametrize("text", ["\x00 0991110001", "0991110001\x0b", "a" * 200_000, "0-9 " * 999, "=1+1"])
def test_hostile_text_is_never_an_error_of_the_server(text: str) -> None:
    form = form_of(company("0991110001"))
    assert form.post(lines_text=text).status_code in {200, 422}


def test_a_type_that_asks_for_lines_no_more_says_that_they_do_not_go() -> None:
    form = form_of(company("0991110001"), details="Todo")
    RequestType.objects.update(asks_lines=False, allows_prepaid=False)
    refused = form.post(lines_text="0991110001")
    assert refused.status_code == 422
    assert "no lleva líneas" in text_of(refused)
    assert fields_of(refused)["details"] == "Todo"
    assert again(form.client, refused).status_code == 303
    assert asked() == []
    assert not LineList.objects.exists()


def test_five_thousand_lines() -> None:
    numbers = [f"09922{number:05}" for number in range(5_000)]
    form = form_of(company(*numbers))
    shown = form.post(lines_file=sheet(*(TemplateLine(number) for number in numbers)))
    assert "Entendimos 5000 líneas" in text_of(shown)
    assert again(form.client, shown).status_code == 303
    assert [number for number, _action in asked()] == numbers


def test_the_template_needs_a_verified_session() -> None:
    assert Client().get(TEMPLATE).status_code in {302, 303}
    answer = visitor(cast.ana()).get(TEMPLATE)
    assert answer.content.startswith(b"PK")


def test_lists_are_deleted_after_a_day() -> None:
    form = form_of(company("0991110001"))
    form.post(lines_text="0991110001")
    remove_orphaned_files()
    assert LineList.objects.count() == 1
    LineList.objects.update(at=timezone.now() - timedelta(days=1, minutes=1))
    remove_orphaned_files()
    assert not LineList.objects.exists()


def test_f4_the_ticket_and_the_desk_list_the_lines_and_no_mail_names_who_takes_one() -> None:
    numbers = [f"09911{number:05}" for number in range(25)]
    form = form_of(company(*numbers))
    taken = TemplateLine(numbers[0], Action.PREPAID, "1710034065", "Luz Marina Vera")
    shown = form.post(lines_file=sheet(taken, *(TemplateLine(number) for number in numbers[1:])))
    done = again(form.client, shown)
    ticket = Ticket.objects.get()
    pages = (
        form.client.get(done["Location"]),
        form.client.get(f"/fidelizacion/ticket/{ticket.number}/"),
    )
    for page in pages:
        text = text_of(page)
        assert "La recibe Luz Marina Vera, 1710034065" in text
        assert all(number in text for number in numbers)
    for message in Message.objects.all():
        mail = f"{message.text} {message.html}"
        assert "Luz Marina" not in mail
        assert "1710034065" not in mail
        assert numbers[19] in mail
        assert numbers[20] not in mail
        assert "y 5 líneas más" in mail
    assert Message.objects.count() >= 2
    context = page_context(ticket, User.objects.create_superuser("jefa"), {})
    text = render_to_string("desk/ticket_request.html", context, using="django")
    assert "La recibe Luz Marina Vera, 1710034065" in " ".join(text.split())
    assert all(number in text for number in numbers)
