"""A request type at the desk: words, questions and documents (A7); days of the calendar (F8); an
inactive company (A25).
"""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from companies.models import Company
from desk import roles
from desk.tickets.request_type_form import GROUPS
from tests import cast
from tests.desk.desk import advisor, signed_in, soup, supervisor, text_of
from tickets import catalogue
from tickets.models import CalendarDay, RequestField, RequestType
from tickets.words import WORDS

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
TYPES = "/admin/tickets/requesttype/"
DAYS = "/admin/tickets/calendarday/"


@pytest.fixture
def desk() -> Client:
    return signed_in(supervisor())


def form_of(client: Client, address: str) -> dict[str, Any]:
    """Return what a browser would post from the page's form, without changes."""
    values: dict[str, Any] = {}
    for control in soup(client.get(address)).select("form [name]"):
        name = str(control["name"])
        if name.startswith("_") or "__prefix__" in name or control.has_attr("disabled"):
            continue
        if control.name == "textarea":
            values[name] = control.get_text().removeprefix("\r\n").removeprefix("\n")
        elif control.name == "select":
            chosen = control.select_one("option[selected]")
            values[name] = str(chosen["value"]) if chosen else ""
        elif control.get("type") in {"checkbox", "radio"}:
            if control.has_attr("checked"):
                values.setdefault(name, []).append(control.get("value", "on"))
        else:
            values[name] = control.get("value", "")
    return values


def page_of(code: str) -> str:
    return f"{TYPES}{RequestType.objects.get(code=code).pk}/change/"


def everything(code: str) -> dict[str, Any]:
    """Return the type and its rows, as the database has them."""
    row = RequestType.objects.values().get(code=code)
    request_type = RequestType.objects.get(code=code)
    return {
        **row,
        "areas": sorted(request_type.areas.values_list("name", flat=True)),
        "fields": list(request_type.fields.values()),
        "documents": list(request_type.required_documents.values()),
        "reasons": list(request_type.reasons.values()),
    }


@pytest.mark.parametrize("code", ["cancellation", "ownership_transfer", "technical_fault", "general"])
def test_saving_a_page_without_changes_changes_nothing(desk: Client, code: str) -> None:
    catalogue.load()
    before = everything(code)
    response = desk.post(page_of(code), form_of(desk, page_of(code)))
    assert response.status_code == 302, text_of(response)
    assert everything(code) == before


def test_a_type_that_asks_for_lines_is_not_offered_without_signing_in(desk: Client) -> None:
    """`consulta/` cannot show lines: its visitors have not signed in for a company."""
    cast.make_request_type()
    values = {**form_of(desk, page_of("cancellation")), "asks_lines": "on", "in_public_form": "on"}
    refused = desk.post(page_of("cancellation"), values)
    assert "Un tipo que pide las líneas no se ofrece sin ingresar" in text_of(refused)
    assert not RequestType.objects.filter(in_public_form=True).exists()


def test_each_word_has_a_labelled_field_and_is_never_shown_as_json(desk: Client) -> None:
    cast.make_request_type()
    page = soup(desk.get(page_of("cancellation")))
    assert not page.select("[name=own_words]")
    for key, word in WORDS.items():
        control = page.select_one(f"textarea[name=word_{key}]")
        assert control, key
        label = page.select_one(f"label[for={control['id']}]")
        assert label, key
        assert str(word.label) in " ".join(label.get_text().split()), key
    assert "Puede nombrar {date}, {today}." in page.get_text()


def test_each_word_is_in_one_group() -> None:
    assert sorted(key for _title, keys in GROUPS for key in keys) == sorted(WORDS)
    after = dict(GROUPS)["Textos de después de confirmar"]
    assert after == ("result", "next_steps", "change_of_mind", "change_of_mind_mail", "mail_first")


def test_a_text_is_changed_cleared_and_refused_beside_its_field(desk: Client) -> None:
    cast.make_request_type()
    values = form_of(desk, page_of("cancellation"))
    changes = {"word_title": "Baja", "word_errand": " ", "word_details_hint": "Escriba:\r\n- una línea"}
    assert desk.post(page_of("cancellation"), {**values, **changes}).status_code == 302
    words = RequestType.objects.get(code="cancellation").own_words
    assert (words["title"], words["details_hint"]) == ("Baja", "Escriba:\n- una línea")
    assert "errand" not in words
    assert words["result"] == values["word_result"]
    refused = desk.post(page_of("cancellation"), {**values, "word_date_one": "El {day}."})
    assert refused.status_code == 200
    assert "no tiene el valor {day}; puede nombrar {date}, {today}" in text_of(refused)
    assert RequestType.objects.get(code="cancellation").own_words == words


def test_words_of_a_later_version_are_kept(desk: Client) -> None:
    cast.make_request_type()
    RequestType.objects.update(own_words={"title": "Baja", "later": "x"})
    desk.post(page_of("cancellation"), form_of(desk, page_of("cancellation")))
    assert RequestType.objects.get().own_words == {"title": "Baja", "later": "x"}


def test_an_advisor_reads_the_words_and_changes_nothing() -> None:
    cast.make_request_type()
    client = signed_in(advisor())
    page = client.get(page_of("cancellation"))
    assert "Su solicitud de baja" in text_of(page)
    assert "la baja se hace efectiva el {date}" in text_of(page)
    assert not soup(page).select("#content-main textarea, [name=word_title]")
    assert client.post(page_of("cancellation"), {}).status_code == 403


def with_questions(desk: Client, *questions: dict[str, str]) -> Any:
    """Post the cancellation's page with these questions added; return the response."""
    cast.make_request_type()
    values = form_of(desk, page_of("cancellation"))
    values["fields-TOTAL_FORMS"] = str(len(questions))
    for number, question in enumerate(questions):
        whole = {"kind": "short_text", "is_active": "on", "position": str(number), **question}
        values |= {f"fields-{number}-{name}": value for name, value in whole.items()}
    return desk.post(page_of("cancellation"), values)


def test_a_question_is_added_with_its_condition_and_retired_but_not_deleted(desk: Client) -> None:
    first = {"name": "who", "label": "¿Quién?", "kind": "choice", "choices": "Ana\r\nBruno"}
    second = {"name": "why", "label": "¿Por qué?", "shown_if": "who", "shown_values": "Ana"}
    assert with_questions(desk, first, second).status_code == 302
    assert list(RequestField.objects.values_list("name", flat=True)) == ["who", "why"]
    root = signed_in(User.objects.create_superuser("root"))  # may do everything else
    values = form_of(root, page_of("cancellation"))
    assert not [name for name in values if name.startswith("fields-") and name.endswith("DELETE")]
    assert "fields-0-name" not in values  # fixed, so that answers and conditions stay true
    del values["fields-1-is_active"]
    assert desk.post(page_of("cancellation"), {**values, "fields-0-name": "other"}).status_code == 302
    assert list(RequestField.objects.values_list("name", "is_active")) == [("who", True), ("why", False)]


@pytest.mark.parametrize(
    ("question", "problem"),
    [
        ({"shown_if": "x", "shown_values": "Ana"}, "Escriba el código de otra pregunta"),
        ({"shown_if": "why", "shown_values": "Ana"}, "Escriba el código de otra pregunta"),
        ({"shown_if": "who", "shown_values": "Carla"}, "Escriba respuestas de esa pregunta"),
        ({"shown_if": "who"}, "Escriba respuestas de esa pregunta"),
        ({"shown_values": "Ana"}, "Escriba de qué pregunta son esas respuestas"),
        ({"choices": "Ana"}, "Escriba las opciones de una lista"),
        ({"kind": "choice"}, "Escriba las opciones de una lista"),
    ],
    ids=str,
)
def test_a_wrong_question_is_refused_beside_its_field(
    desk: Client, question: dict[str, str], problem: str
) -> None:
    first = {"name": "who", "label": "¿Quién?", "kind": "choice", "choices": "Ana\nBruno"}
    response = with_questions(desk, first, {"name": "why", "label": "¿Por qué?", **question})
    assert response.status_code == 200
    assert problem in text_of(response)
    assert not RequestField.objects.exists()


def test_a_line_becomes_prepaid_only_where_lines_are_asked(desk: Client) -> None:
    cast.make_request_type()
    values = form_of(desk, page_of("cancellation"))
    del values["asks_lines"]
    response = desk.post(page_of("cancellation"), values)
    assert "solo si el tipo pide las líneas" in text_of(response)


@pytest.mark.parametrize("role", ["SUPERVISOR", "OPERATIONS"])
def test_f8_a_day_is_added_with_a_reason_and_removed(role: str) -> None:
    user = User.objects.create_user("olga", is_staff=True)
    user.user_permissions.set(roles.permissions(getattr(roles, role)))
    client = signed_in(user)
    added = {"day": "2026-01-02", "reason": ""}
    assert "obligatorio" in text_of(client.post(f"{DAYS}add/", added))
    assert client.post(f"{DAYS}add/", {**added, "reason": "Decreto ejecutivo"}).status_code == 302
    assert "viernes 2 de enero de 2026" in text_of(client.get(DAYS))
    row = CalendarDay.objects.get()
    assert client.post(f"{DAYS}{row.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not CalendarDay.objects.exists()


def test_a25_an_inactive_company_needs_a_reason_for_its_administrators(desk: Client) -> None:
    company = cast.make_company()
    address = f"/admin/companies/company/{company.pk}/change/"
    values = {**form_of(desk, address), "status": "inactive", "status_reason": " "}
    refused = desk.post(address, values)
    assert "Escriba por qué está inactiva y qué puede hacer su administrador." in text_of(refused)
    desk.post(address, {**values, "status_reason": "Se fusionó: escriba a su asesor."})
    company = Company.objects.get()
    assert (company.status, company.status_reason) == ("inactive", "Se fusionó: escriba a su asesor.")
    assert "Inactiva" in text_of(desk.get("/admin/companies/company/?status__exact=inactive"))
