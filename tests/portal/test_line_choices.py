"""Lines chosen on the form and on the page of lines; corrections of a list (A5, A10, A22, A23)."""

from datetime import timedelta
from typing import Any

import pytest

from companies.models import BillingAccount, ServiceLine
from tests import cast
from tests.portal.lines_client import again, asked, company, form_of, sheet
from tests.tickets.portal_client import PDF, REQUEST, Filled, fields_of, filled_form, pdf, soup, text_of
from tickets.lines.actions import Action
from tickets.lines.template import TemplateLine
from tickets.models import Ticket, TicketLine

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
LINES = "/fidelizacion/solicitud/lineas/"


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


def test_a_correction_resolves_a_conflict_of_the_list() -> None:
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


def test_a_list_with_an_unresolved_line_is_not_registered_without_it() -> None:
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
    """Open the page of lines from the form, and keep the form's input."""
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
    assert "Recuperamos lo que escribió" not in text_of(shown)
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


def test_a22_choices_of_a_page_with_another_list_do_not_change_the_present_one() -> None:
    form = form_of(company("0991110001", "0991110002", "0991110003"))
    first = form.post(lines_text="0991110001 0991110002")
    form.post(lines_file=sheet(TemplateLine("0991110003")))
    shown = again(form.client, first, lines=["0991110001"], lines_text="")
    assert shown.status_code == 200
    assert fields_of(shown)["lines"] == ["0991110003"]
    assert not Ticket.objects.exists()
