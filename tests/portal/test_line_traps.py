"""Lines that a form must not register, lose or confuse (A10, A22, A23)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from companies.models import BillingAccount, ServiceLine
from notifications.models import Message
from tests import cast
from tests.otp.pin_client import verify
from tests.portal.lines_client import again, asked, company, form_of, sheet
from tests.tickets.portal_client import (
    ENTRY,
    REQUEST,
    Filled,
    fields_of,
    filled_form,
    soup,
    text_of,
    visitor,
)
from tickets.lines.actions import Action
from tickets.lines.template import TemplateLine
from tickets.models import LineList, RequestType, Ticket, TicketLine

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
LINES = "/fidelizacion/solicitud/lineas/"
START = datetime(2026, 12, 1, 15, tzinfo=UTC)


def in_two_accounts(number: str) -> None:
    _first, second = BillingAccount.objects.order_by("number")[:2]
    ServiceLine.objects.create(account=second, number=number)


def test_an_unclear_wish_of_the_list_is_not_read_as_the_end_of_the_line() -> None:
    form = form_of(company("0991110001", "0991110002"))
    text = "0991110001\n0991110002 mantener, no cancelar"
    shown = form.post(lines_text=text)
    assert fields_of(shown)["lines_0991110002_action"] == ""
    refused = again(form.client, shown)
    assert refused.status_code == 422
    assert not Ticket.objects.exists()


def test_a_line_of_two_accounts_is_one_choice_with_both_accounts() -> None:
    form = form_of(company("0991110001", "0991110002"))
    in_two_accounts("0991110001")
    form = filled_form(form.client, details="")
    shown = form.post(lines_text="0991110001")
    page = soup(shown)
    boxes = page.select("[name=lines][value='0991110001']")
    assert len(boxes) == 1
    assert boxes[0].has_attr("checked")
    accounts = BillingAccount.objects.order_by("number").values_list("number", flat=True)[:2]
    label = page.select_one(f"label[for={boxes[0]['id']}]")
    assert label
    assert all(account in label.get_text() for account in accounts)
    empty = soup(form.client.get(REQUEST))
    label = empty.select_one("label[for=id_line_1]")
    assert label
    assert all(account in label.get_text() for account in accounts)


def test_the_page_of_lines_offers_a_line_of_two_accounts_once() -> None:
    form = form_of(company(*(f"09922{number:05}" for number in range(120))))
    in_two_accounts("0992200005")
    form.client.post(LINES, form.values)
    page = soup(form.client.get(LINES))
    boxes = page.select("[name=lines][value='0992200005']")
    assert len(boxes) == 1
    label = page.select_one(f"label[for={boxes[0]['id']}]")
    assert label
    accounts = BillingAccount.objects.order_by("number").values_list("number", flat=True)[:2]
    assert all(account in label.get_text() for account in accounts)


def test_the_id_of_who_takes_a_line_is_kept_whole() -> None:
    form = form_of(company("0991110001"))
    wish = {"lines": ["0991110001"], "lines_0991110001_action": "prepaid"}
    done = form.post(**wish, lines_0991110001_id="171 003 4065 001", lines_0991110001_name="Luz Vera")
    assert done.status_code == 303
    assert TicketLine.objects.get().holder_tax_id == "1710034065001"


def test_the_same_row_twice_with_an_id_is_a_repetition_where_no_line_becomes_prepaid() -> None:
    form = form_of(company("0991110001"))
    RequestType.objects.update(allows_prepaid=False)
    row = TemplateLine("0991110001", Action.CANCEL, "1710034065", "Luz Marina Vera")
    shown = form.post(lines_file=sheet(row, row))
    assert "con otro pedido" not in text_of(shown)
    assert again(form.client, shown).status_code == 303


def test_a_list_that_is_gone_is_not_registered_without_it() -> None:
    form = form_of(company("0991110001"), details="Todo lo de la lista")
    file = SimpleUploadedFile("lista.csv", b"Numero\n0997770001\n0997770002\n")
    shown = form.post(lines_file=file)
    assert shown.status_code == 200
    LineList.objects.all().delete()
    answer = again(form.client, shown, lines_unmatched="on")
    assert not Ticket.objects.exists()
    assert "ya no está" in text_of(answer)


def test_a_list_of_the_form_that_is_left_is_asked_for_again() -> None:
    form = form_of(company(*(f"09922{number:05}" for number in range(120))))
    form.client.post(LINES, {**form.values, "lines_file": "lista de marzo.xlsx"})
    answer = form.client.post(LINES, {"ir": "listo"})
    assert "lista de marzo.xlsx" in text_of(form.client.get(answer["Location"]))


def test_enter_in_a_field_confirms_and_does_not_leave_for_the_lines() -> None:
    form = form_of(company(*(f"09922{number:05}" for number in range(120))))
    first = soup(form.client.get(REQUEST)).select("#solicitud button[type=submit]")[0]
    assert not first.has_attr("formaction")


ODD = ['EN "A" 1', "O'B 2", " 099 111 0003 ", "<b>&amp;", "L" * 40, "Ñ-ß/1", "1+1=2"]


@pytest.mark.parametrize("number", ODD)
def test_a_line_with_an_odd_number_is_picked_from_the_page(number: str) -> None:
    form = form_of(company(number, "0991110009"))
    boxes = [str(box["value"]) for box in soup(form.client.get(REQUEST)).select("[name=lines]")]
    assert number in boxes
    assert form.post(lines=[number]).status_code == 303
    assert asked() == [(number, "cancel")]


SPELLINGS = [("ENL 001", "ENL-001"), ("099 111 0001", "0991110001")]


@pytest.mark.parametrize(("first", "second"), SPELLINGS)
def test_a_picked_line_is_not_another_line_of_the_same_digits(first: str, second: str) -> None:
    form = form_of(company(first, second))
    assert form.post(lines=[first]).status_code == 303
    assert asked() == [(first, "cancel")]
    both = filled_form(form.client, details="").post(lines=[first, second])
    assert both.status_code == 303
    assert asked() == [(first, "cancel"), (first, "cancel"), (second, "cancel")]


@pytest.mark.parametrize(("first", "second"), SPELLINGS)
def test_a_line_unchecked_leaves_though_the_list_names_two_by_one_number(first: str, second: str) -> None:
    form = form_of(company(first, second))
    shown = form.post(lines_text=second)
    assert fields_of(shown)["lines"] == [first, second]
    assert again(form.client, shown, lines=[second]).status_code == 303
    assert asked() == [(second, "cancel")]


def test_a23_who_takes_a_line_is_the_same_in_another_spelling() -> None:
    form = form_of(company("0991110001"))
    wish = {"lines": ["0991110001"], "lines_0991110001_action": "prepaid"}
    first = form.post(**wish, lines_0991110001_id="1710034065", lines_0991110001_name="Luz  Vera")
    assert first.status_code == 303
    other = filled_form(form.client, details="")
    repeated = other.post(**wish, lines_0991110001_id="171003406-5", lines_0991110001_name="luz vera")
    assert repeated.status_code == 422
    assert Ticket.objects.count() == 1


# The page of lines: expired, in two tabs, after a change of type


def large_form() -> Filled:
    return form_of(company(*(f"09922{number:05}" for number in range(120))))


def form_key(page: Any) -> str:
    field = soup(page).select_one("#lineas [name=form]")
    assert field
    return str(field["value"])


def test_lines_chosen_on_a_page_that_expired_are_kept() -> None:
    with time_machine.travel(START, tick=False) as clock:
        form = large_form()
        form.client.post(LINES, {**form.values, "details": "Y el enlace"})
        clock.shift(timedelta(minutes=20))
        answer = form.client.post(LINES, {"lines": ["0992200003"], "ir": "listo"})
        assert answer["Location"] == ENTRY
        clock.shift(timedelta(minutes=20))  # the draft is kept from then on
        verify(form.client, cast.ANA_PHONE)
        shown = fields_of(form.client.get(REQUEST))
        assert (shown["details"], shown["lines"]) == ("Y el enlace", ["0992200003"])


def test_choosing_lines_for_longer_than_a_draft_lives_loses_nothing() -> None:
    with time_machine.travel(START, tick=False) as clock:
        form = large_form()
        form.client.post(LINES, {**form.values, "details": "Y el enlace"})
        for number in range(4):
            clock.shift(timedelta(minutes=10))
            answer = form.client.post(LINES, {"lines": [f"09922{number:05}"], "ir": "buscar"})
            assert answer["Location"].startswith(LINES)
        shown = fields_of(form.client.get(REQUEST))
        assert (shown["details"], len(shown["lines"])) == ("Y el enlace", 4)


def test_lines_chosen_for_a_form_that_is_gone_are_refused_with_words() -> None:
    form = large_form()
    form.client.post(LINES, form.values)
    assert form.post(details="Todo").status_code == 303  # in another tab
    answer = form.client.post(LINES, {"lines": ["0992200003"], "ir": "listo"})
    shown = form.client.get(answer["Location"])
    assert "No se guardaron esas líneas" in text_of(shown)
    assert "lines" not in fields_of(shown)


def test_lines_chosen_for_another_form_do_not_reach_this_one() -> None:
    form = large_form()
    form.client.post(LINES, form.values)
    before = form_key(form.client.get(LINES))
    form.client.post(REQUEST, {**form.values, "reason": ""})  # the draft ends
    form.client.post(LINES, filled_form(form.client, details="").values)
    assert form_key(form.client.get(LINES)) != before
    answer = form.client.post(LINES, {"form": before, "lines": ["0992200003"], "ir": "listo"})
    page = form.client.get(answer["Location"])
    assert "eran de otro formulario" in text_of(page)
    assert "Todavía no eligió ninguna línea" in text_of(page)


def test_lines_do_not_follow_to_a_type_without_lines_in_silence() -> None:
    form = large_form()
    form.client.post(LINES, {**form.values, "lines": ["0992200003"]})
    RequestType.objects.update(asks_lines=False, allows_prepaid=False)
    shown = form.client.get(REQUEST)
    assert "no lleva líneas" in text_of(shown)


def test_a_list_cannot_grow_without_end() -> None:
    form = large_form()
    form.client.post(LINES, form.values)
    for start in range(0, 12_000, 1_000):
        form.client.post(LINES, {"lines": [f"L{number}" for number in range(start, start + 1_000)]})
    page = form.client.get(LINES)
    assert "10000 líneas elegidas" in text_of(page)
    assert "más de 10000 filas" in text_of(page)


def test_what_goes_as_text_still_does_after_the_form_was_left() -> None:
    form = large_form()
    shown = form.post(lines_text="0992200003\nEl enlace de la bodega")
    form.client.post(LINES, {**fields_of(shown), "lines_unmatched": "on"})
    box = soup(form.client.get(REQUEST)).select_one("[name=lines_unmatched]")
    assert box
    assert box.has_attr("checked")


def test_a_long_name_of_who_takes_a_line_is_an_error_and_not_a_failure() -> None:
    form = form_of(company("0991110001"))
    row = TemplateLine("0991110001", Action.PREPAID, "1710034065", "Luz " + "M" * 400)
    shown = form.post(lines_file=sheet(row))
    assert again(form.client, shown).status_code in {303, 422}


@pytest.mark.parametrize("posted", [{}, {"ir": "buscar", "q": "0992200"}, {"ir": "listo"}])
def test_the_queries_of_a_page_of_lines_do_not_depend_on_the_lines(posted: dict[str, str]) -> None:
    counts = []
    for size in (120, 900):
        made = company(*(f"{size:03}{number:05}" for number in range(size)))
        form = filled_form(visitor(cast.make_administrator(made, phone=f"+59399000{size:04}")))
        RequestType.objects.update(asks_lines=True, allows_prepaid=True)
        form.client.post(LINES, form.values)
        lines = [f"{size:03}{number:05}" for number in range(size // 9)]
        with CaptureQueriesContext(connection) as queries:
            answer = form.client.post(LINES, {"lines": lines, **posted})
            form.client.get(answer["Location"])
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_f4_a_row_sent_as_text_does_not_mail_who_takes_the_line() -> None:
    form = form_of(company("0991110001"))
    unknown = TemplateLine("0997770001", Action.PREPAID, "1710034065", "Luz Marina Vera")
    shown = form.post(lines_file=sheet(TemplateLine("0991110001"), unknown))
    assert again(form.client, shown, lines_unmatched="on").status_code == 303
    assert "fila 3: 0997770001, pasar a prepago" in Ticket.objects.get().details
    for message in Message.objects.all():
        mail = f"{message.text} {message.html}"
        assert "0997770001" in mail
        assert "1710034065" not in mail
        assert "Luz Marina" not in mail


def test_a_small_company_is_never_shown_a_form_too_large_to_post() -> None:
    form = form_of(company("0991110001"))
    unknown = {"lines": [f"L{number}" for number in range(1_000)]}
    shown = form.post(**unknown)
    assert len(soup(shown).select("[name=lines]")) == 101


def test_each_field_of_a_wrong_line_is_described_by_its_problem() -> None:
    form = form_of(company("0991110001"))
    refused = form.post(lines=["0991110001"], lines_0991110001_action="prepaid")
    fields = soup(refused).select("[name^=lines_0991110001_]")
    assert {field.get("aria-describedby") for field in fields} == {"id_line_1_problem"}


@pytest.mark.parametrize("words", ["no suspender", "mantener activa", "todas menos esta", "No se cancela"])
def test_a_line_that_is_to_stay_is_not_requested_by_a_type_with_one_action(words: str) -> None:
    form = form_of(company("0991110001", "0991110002"))
    RequestType.objects.update(allows_prepaid=False)
    shown = form.post(lines_text=f"0991110001 suspender\n0991110002 {words}")
    assert "quítele la marca" in text_of(shown)
    refused = again(form.client, shown)
    assert refused.status_code == 422
    assert again(form.client, refused, lines=["0991110001"]).status_code == 303
    assert asked() == [("0991110001", "cancel")]
