"""The list of lines in the request form: read, shown for review, registered as seen (A10, A22)."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from companies.models import BillingAccount, Company, ServiceLine
from desk.tickets.page import context as page_context
from notifications.models import Message
from tests import cast
from tests.tickets.portal_client import (
    PDF,
    REQUEST,
    Filled,
    fields_of,
    filled_form,
    pdf,
    soup,
    text_of,
    visitor,
)
from tickets.lines import template
from tickets.lines.actions import Action
from tickets.lines.template import TemplateLine
from tickets.models import LineList, RequestType, Ticket, TicketLine
from tickets.tasks import remove_orphaned_files

pytestmark = pytest.mark.django_db
LINES = "/fidelizacion/solicitud/lineas/"
TEMPLATE = "/fidelizacion/solicitud/plantilla.xlsx"


def company(*numbers: str) -> Company:
    """A company with these lines in its first account, of a type that asks for lines."""
    made = cast.make_company(lines=0, cut_days=(15, 28))
    account = BillingAccount.objects.filter(company=made).order_by("number")[0]
    ServiceLine.objects.bulk_create(ServiceLine(account=account, number=number) for number in numbers)
    return made


def form_of(made: Company, **changes: Any) -> Filled:
    client = visitor(cast.ana(made))
    RequestType.objects.update(asks_lines=True, allows_prepaid=True)
    return filled_form(client, **{"details": "", **changes})


def again(client: Client, response: Any, **changes: Any) -> Any:
    """Post the shown page as it is."""
    return client.post(REQUEST, {**fields_of(response), **changes})


def asked() -> list[tuple[str, str]]:
    return list(TicketLine.objects.order_by("position").values_list("number", "action"))


def sheet(*lines: TemplateLine) -> SimpleUploadedFile:
    return SimpleUploadedFile("lista.xlsx", template.build(lines))


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


def test_a_list_is_removed_at_wish() -> None:
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


def test_a_type_without_lines_ignores_them() -> None:
    form = form_of(company("0991110001"), details="Todo")
    RequestType.objects.update(asks_lines=False, allows_prepaid=False)
    assert form.post(lines_text="0991110001").status_code == 303
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


# Lines chosen on the form


def test_a10_a_picked_line_needs_no_second_page() -> None:
    form = form_of(company("0991110001", "0991110002"))
    assert form.post(lines=["0991110002"]).status_code == 303
    assert asked() == [("0991110002", "cancel")]


def test_a10_a_line_picked_for_prepaid_without_a_holder_is_refused_beside_it() -> None:
    form = form_of(company("0991110001"))
    wish = {"lines": ["0991110001"], "lines_0991110001_action": "prepaid"}
    refused = form.post(**wish, lines_0991110001_id="1710034064")
    assert refused.status_code == 422
    page = soup(refused)
    box = page.select_one("[name=lines]")
    assert box
    assert box.has_attr("checked")
    problem = page.select_one(f"#{box['aria-describedby']}")
    assert problem
    assert "falta el nombre completo" in problem.get_text()
    assert fields_of(refused)["lines_0991110001_id"] == "1710034064"
    assert not Ticket.objects.exists()
    done = again(form.client, refused, lines_0991110001_name="Luz Marina Vera")
    assert done.status_code == 303
    assert TicketLine.objects.get().holder_tax_id == "1710034064"  # pointed out, not refused (A19)


def test_a5_a_picked_number_that_is_not_a_line_registers_nothing() -> None:
    other = company("0991119999")
    assert other.pk
    form = form_of(company("0991110001"))
    refused = form.post(lines=["0991110001", "0991119999"])
    assert refused.status_code == 422
    assert "No es un servicio de su empresa" in text_of(refused)
    assert not Ticket.objects.exists()


def test_unchecked_lines_leave_the_list_and_corrections_stay() -> None:
    form = form_of(company("0991110001", "0991110002", "0991110003"))
    shown = form.post(lines_text="0991110001 0991110002")
    done = again(
        form.client,
        shown,
        lines=["0991110002", "0991110003"],
        lines_0991110002_action="prepaid",
        lines_0991110002_id="1710034065",
        lines_0991110002_name="Luz Marina Vera",
    )
    assert done.status_code == 303
    assert asked() == [("0991110002", "prepaid"), ("0991110003", "cancel")]


def test_a_correction_settles_a_conflict_of_the_list() -> None:
    form = form_of(company("0991110001"))
    rows = (
        TemplateLine("0991110001", Action.CANCEL),
        TemplateLine("0991110001", Action.PREPAID, "1710034065", "Luz Marina Vera"),
    )
    shown = form.post(lines_file=sheet(*rows))
    assert "con otro pedido" in text_of(shown)
    assert not Ticket.objects.exists()
    assert again(form.client, shown, lines_0991110001_action="cancel").status_code == 303
    assert asked() == [("0991110001", "cancel")]


def test_a_list_with_an_unsettled_line_is_not_registered_without_it() -> None:
    form = form_of(company("0991110001", "0991110002"))
    rows = (TemplateLine("0991110001"), TemplateLine("0991110002", Action.PREPAID))
    refused = again(form.client, form.post(lines_file=sheet(*rows)))
    assert refused.status_code == 422
    assert "Corrija las líneas marcadas" in text_of(refused)
    assert again(form.client, refused, lines=["0991110001"]).status_code == 303
    assert asked() == [("0991110001", "cancel")]


def test_a22_picked_lines_take_the_date_of_their_account() -> None:
    made = company("0991110001")
    second = BillingAccount.objects.filter(company=made).order_by("number")[1]
    ServiceLine.objects.create(account=second, number="0991110002")
    form = form_of(made)
    assert form.post(lines=["0991110002"]).status_code == 303
    ticket = Ticket.objects.get()
    assert [term.account for term in ticket.terms] == [second.number]
    assert ticket.lines.get().effective_date == ticket.effective_date == ticket.terms[0].effective_date


def test_a22_a_changed_cut_day_of_a_chosen_account_shows_the_form_again() -> None:
    form = form_of(company("0991110001"))
    BillingAccount.objects.filter(cut_day=15).update(cut_day=16)
    refused = form.post(lines=["0991110001"])
    assert refused.status_code == 422
    assert fields_of(refused)["lines"] == ["0991110001"]
    assert not Ticket.objects.exists()
    assert again(form.client, refused).status_code == 303


def test_more_than_a_thousand_picked_lines_are_refused_with_words() -> None:
    form = form_of(company("0991110001"))
    refused = form.post(lines=[f"09911{number:05}" for number in range(1_001)])
    assert refused.status_code == 422
    assert "Elija hasta 1000 líneas a la vez" in text_of(refused)


def test_a_second_click_on_picked_lines_gets_the_same_ticket() -> None:
    form = form_of(company("0991110001"))
    first, second = form.post(lines=["0991110001"]), form.post(lines=["0991110001"])
    assert (first.status_code, first["Location"]) == (second.status_code, second["Location"])


def test_five_documents_and_a_list_are_all_received() -> None:
    form = form_of(company("0991110001"))
    lines = sheet(TemplateLine("0991110001"))
    files = [pdf(f"{number}.pdf", PDF + b"%" * number) for number in range(5)]
    assert again(form.client, form.post(lines_file=lines, attachments=files)).status_code == 303
    assert Ticket.objects.get().attachments.count() == 5


# The page of lines


def large_form(**changes: Any) -> Filled:
    numbers = [f"09922{number:05}" for number in range(250)]
    return form_of(company(*numbers), **changes)


def to_lines(form: Filled, **typed: Any) -> Any:
    """The page of lines, opened from the form with what was typed in it."""
    answer = form.client.post(LINES, {**form.values, **typed})
    assert answer.status_code == 303
    return form.client.get(answer["Location"])


def test_a10_lines_are_picked_page_by_page_and_nothing_typed_is_lost() -> None:
    form = large_form(details="Además, el enlace")
    page = to_lines(form)
    assert "250 líneas de su empresa" in text_of(page)
    answer = form.client.post(LINES, {"lines": ["0992200003"], "ir": "2"})
    page = form.client.get(answer["Location"])
    assert "1 línea elegida" in text_of(page)
    assert "Página 2 de 3" in text_of(page)
    form.client.post(LINES, {"lines": ["0992200150"], "page": "2", "ir": "buscar", "q": "0992200"})
    answer = form.client.post(LINES, {"ir": "listo"})
    shown = form.client.get(answer["Location"])
    fields = fields_of(shown)
    assert fields["details"] == "Además, el enlace"
    assert fields["lines"] == ["0992200003", "0992200150"]
    assert "Su solicitud es de 2 líneas" in text_of(shown)
    assert again(form.client, shown, reason=form.values["reason"]).status_code == 303
    assert [number for number, _action in asked()] == ["0992200003", "0992200150"]


def test_a_line_unchecked_on_its_page_is_not_chosen_any_more() -> None:
    form = large_form()
    to_lines(form)
    form.client.post(LINES, {"lines": ["0992200003", "0992200004"], "ir": "buscar"})
    form.client.post(LINES, {"lines": ["0992200004"], "lines_offered": ["0992200003", "0992200004"]})
    page = form.client.get(LINES, {"ver": "elegidas"})
    assert [str(box["value"]) for box in soup(page).select("[name=lines][checked]")] == ["0992200004"]


def test_all_lines_that_match_a_search_are_chosen_at_once() -> None:
    form = large_form()
    to_lines(form)
    answer = form.client.post(LINES, {"q": "+593 992 2001", "ir": "todas"})
    page = form.client.get(answer["Location"])
    assert "100 líneas elegidas" in text_of(page)


def test_lines_chosen_on_a_form_that_is_left_are_kept() -> None:
    form = form_of(company("0991110001", "0991110002"))
    page = to_lines(form, lines=["0991110002"])
    assert "1 línea elegida" in text_of(page)


def test_the_page_of_lines_shows_no_other_company() -> None:
    other = company("0991119999")
    assert other.pk
    form = large_form()
    to_lines(form)
    page = form.client.get(LINES, {"q": "0991119999"})
    assert "Ninguna línea en servicio coincide" in text_of(page)


def test_the_page_of_lines_without_a_form_leads_to_the_form() -> None:
    answer = form_of(company("0991110001")).client.get(LINES)
    assert answer["Location"] == REQUEST


@pytest.mark.parametrize("address", ["?page=99999", "?page=x", "?q=%00", "?ver=todo", "?q=" + "9" * 500])
def test_the_page_of_lines_takes_any_address(address: str) -> None:
    form = large_form()
    to_lines(form)
    assert form.client.get(LINES + address).status_code == 200


def test_a23_an_open_request_with_the_same_line_is_shown_and_does_not_block() -> None:
    form = form_of(company("0991110001", "0991110002"))
    form.post(lines=["0991110001"])
    ticket = Ticket.objects.get()
    before = ticket.registered_at - timedelta(days=3)
    Ticket.objects.update(registered_at=before, notice_at=before)
    other = filled_form(form.client, details="", reason=str(cast.a_reason(1).pk))
    shown = other.post(lines_text="0991110001 0991110002")
    page = soup(shown)
    notice = page.select_one("[aria-labelledby=parecidas]")
    assert notice
    assert str(ticket.number) in notice.get_text()
    assert again(form.client, shown).status_code == 303
