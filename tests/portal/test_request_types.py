"""Several request types in the portal: the choice, their own questions and words (A7)."""

from typing import Any

import pytest
from django.test import Client

from notifications.models import Message
from tests import cast
from tests.otp.pin_client import answer, ask, receive
from tests.tickets.portal_client import REQUEST, fields_of, filled_form, pdf, soup, text_of, visitor
from tickets.models import RequestField, RequestType, RequiredDocument, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
TYPE = "/fidelizacion/tipo/"
COMPANY = "/fidelizacion/empresa/"
Kind = RequestField.Kind


def fault() -> RequestType:
    """Create a type with a question of each kind, and without a reason or an effective date."""
    kind = RequestType.objects.create(
        code="falla",
        name="Falla técnica",
        family="technical",
        description="Un servicio no funciona.",
        position=2,
        asks_reason=False,
        effective_rule="none",
        own_words={
            "title": "Su reporte de falla",
            "details_label": "Qué pasa",
            "details_missing": "Cuente qué falla.",
            "result": "Registramos su reporte de {type}.",
            "next_steps": "Soporte revisa el servicio y le llama al {phone}.",
            "mail_first": "Su reporte tiene el ticket n.º {number}.",
        },
    )
    for position, each in enumerate(Kind.values, 1):
        RequestField.objects.create(
            request_type=kind,
            name=each,
            label=f"Pregunta {each}",
            kind=each,
            position=position,
            choices="Rojo\nVerde" if each == Kind.CHOICE else "",
            is_personal=each == Kind.TAX_ID,
        )
    RequiredDocument.objects.create(request_type=kind, name="Foto del equipo")
    return kind


ANSWERS: dict[str, tuple[str, str]] = {
    "short_text": ("Router", "Router"),
    "long_text": ("Uno\r\nDos", "Uno\nDos"),
    "number": ("1.250", "1250"),
    "money": ("1.250,5", "USD 1.250,50"),
    "date": ("2026-12-31", "31 de diciembre de 2026"),
    "phone": ("0991112223", "099 111 2223"),
    "email": ("soporte@acme.example", "soporte@acme.example"),
    "tax_id": ("1710034065", "1710034065"),
    "service_line": ("PORTADOR-1", "PORTADOR-1"),
    "yes_no": ("si", "Sí"),
    "choice": ("Verde", "Verde"),
}


@pytest.fixture
def client() -> Client:
    client = visitor(cast.ana())
    fault()
    return client


def test_with_one_type_the_choice_is_skipped() -> None:
    client = visitor(cast.ana())
    assert client.get(TYPE)["Location"] == REQUEST
    assert client.get(COMPANY)["Location"] == REQUEST


def test_after_the_pin_comes_the_choice() -> None:
    phone, client = str(cast.ana().phone), Client()
    cast.make_request_type()
    fault()
    ask(client, phone)
    code = receive(client)
    assert code
    assert answer(client, code)["Location"] == TYPE


def test_with_several_the_visitor_chooses_and_the_choice_is_kept(client: Client) -> None:
    assert client.get(COMPANY)["Location"] == TYPE
    page = soup(client.get(TYPE))
    assert [legend.get_text(strip=True) for legend in page.select("fieldset legend")] == [
        "Bajas y suspensiones",
        "Fallas técnicas",
    ]
    assert client.post(TYPE, {"request_type": "falla"})["Location"] == REQUEST
    assert "Su reporte de falla" in text_of(client.get(REQUEST))
    assert client.get(COMPANY)["Location"] == REQUEST  # chosen already
    assert soup(client.get(TYPE)).select_one("input[value=falla][checked]")


@pytest.mark.parametrize(
    ("sent", "words"), [({}, "Elija qué necesita."), ({"request_type": "x"}, "opciones")]
)
def test_a_wrong_choice_is_an_error(client: Client, sent: dict[str, str], words: str) -> None:
    answer = client.post(TYPE, sent)
    assert answer.status_code == 422
    assert words in text_of(answer)


def test_the_address_names_the_type_and_without_it_cancellation_is_meant(client: Client) -> None:
    assert fields_of(client.get(REQUEST))["request_type"] == "cancellation"
    assert fields_of(client.get(f"{REQUEST}?tipo=falla"))["request_type"] == "falla"
    assert fields_of(client.get(f"{REQUEST}?tipo=nada"))["request_type"] == "cancellation"
    assert fields_of(client.get(REQUEST))["request_type"] == "cancellation"  # a GET chooses nothing


def answered(client: Client, **changes: Any) -> Any:
    shown = fields_of(client.get(f"{REQUEST}?tipo=falla"))
    given = {f"field_{name}": typed for name, (typed, _text) in ANSWERS.items()}
    return client.post(REQUEST, {**shown, **given, **changes})


def test_every_kind_of_question_is_kept_with_its_label_and_shown(client: Client) -> None:
    assert answered(client).status_code == 303
    ticket = Ticket.objects.get()
    assert (ticket.reason, ticket.reason_text, ticket.effective_date) == (None, "", None)
    assert {each["name"]: each["text"] for each in ticket.answers} == {
        name: text for name, (_typed, text) in ANSWERS.items()
    }
    assert [each["label"] for each in ticket.answers] == [f"Pregunta {name}" for name in Kind.values]
    RequestField.objects.update(label="Otra cosa")  # an old ticket keeps its questions
    page = text_of(client.get(f"/fidelizacion/ticket/{ticket.pk}/?creado=1"))
    for _typed, text in ANSWERS.values():
        assert " ".join(text.split()) in page
    assert "Pregunta money" in page
    assert "Registramos su reporte de Falla técnica." in page
    assert "Soporte revisa el servicio" in page
    for absent in ("baja", "Motivo", "fecha efectiva", "corte de facturación"):
        assert absent not in page


def test_f4_personal_answers_are_in_no_mail(client: Client) -> None:
    answered(client)
    mails = list(Message.objects.filter(channel="email"))
    assert len(mails) >= 2
    for mail in mails:
        assert "Pregunta money" in mail.text
        assert "1710034065" not in mail.text + mail.html
        assert "baja" not in mail.text + mail.html


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("number", "doce", "solo con cifras"),
        ("money", "1,2,3", "en dólares"),
        ("date", "31/02/2026", "fecha completa"),
        ("phone", "12", "dígitos"),
        ("email", "soporte@", "correo"),
        ("tax_id", "123", "dígitos"),
        ("choice", "Azul", "Azul"),
        ("short_text", "x" * 201, "200"),
    ],
)
def test_a_wrong_answer_says_so_beside_it_and_keeps_the_rest(
    client: Client, name: str, typed: str, words: str
) -> None:
    answer = answered(client, **{f"field_{name}": typed})
    assert answer.status_code == 422
    assert not Ticket.objects.exists()
    error = soup(answer).select_one(f"#id_field_{name}_error")
    assert error
    assert words in error.get_text()
    if name != "money":
        assert fields_of(answer)["field_money"] == "1.250,5"


def test_a_required_question_is_asked_for_only_where_it_is_shown(client: Client) -> None:
    question = RequestField.objects.get(name="short_text")
    question.is_required, question.shown_if, question.shown_values = True, "yes_no", "Sí"
    question.save()
    answer = answered(client, field_short_text="")
    assert "Responda «Pregunta short_text»." in text_of(answer)
    assert "Solo si respondió «Sí» en «Pregunta yes_no»." in text_of(answer)
    assert answered(client, field_short_text="Router", field_yes_no="no").status_code == 303
    assert "short_text" not in {each["name"] for each in Ticket.objects.get().answers}


def test_something_must_say_what_is_asked(client: Client) -> None:
    shown = fields_of(client.get(f"{REQUEST}?tipo=falla"))
    nothing = client.post(REQUEST, shown)
    assert nothing.status_code == 422
    assert "Cuente qué falla." in text_of(nothing)
    assert client.post(REQUEST, {**fields_of(nothing), "attachments": pdf()}).status_code == 303


def test_a_reason_alone_does_not_say_what_is_asked() -> None:
    form = filled_form(visitor(cast.ana()), details="")
    answer = form.post()
    assert answer.status_code == 422
    assert "Escriba qué servicios desea dar de baja." in text_of(answer)


def test_changing_the_type_keeps_what_was_typed(client: Client) -> None:
    form = filled_form(client, details="Dos líneas sin señal", requester_name="Ana María")
    assert client.post(TYPE, form.values)["Location"] == TYPE
    client.post(TYPE, {"request_type": "falla"})
    shown = fields_of(client.get(REQUEST))
    assert (shown["request_type"], shown["details"], shown["requester_name"]) == (
        "falla",
        "Dos líneas sin señal",
        "Ana María",
    )
    assert client.post(REQUEST, shown).status_code == 303


def test_a23_answers_are_part_of_the_content(client: Client) -> None:
    assert answered(client).status_code == 303
    assert answered(client).status_code == 422
    assert answered(client, field_number="7").status_code == 303


def test_the_documents_asked_for_are_named_and_never_block(client: Client) -> None:
    assert "Foto del equipo" in text_of(client.get(f"{REQUEST}?tipo=falla"))
    assert answered(client).status_code == 303
