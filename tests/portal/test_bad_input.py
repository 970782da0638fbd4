"""Wrong and hostile input of the request form: a clear message, nothing lost, never a 500."""

from typing import Any

import pytest
from django.test import Client

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
    staged_in,
    text_of,
    visitor,
)
from tickets.models import Attachment, Reason, RequestType, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]


@pytest.fixture
def form() -> Filled:
    return filled_form(visitor(cast.ana()))


def error_beside(response: Any, field: str) -> str:
    found = soup(response).find(id=f"id_{field}_error")
    return found.get_text(" ", strip=True) if found else ""


def assert_refused(response: Any, field: str, words: str) -> None:
    assert response.status_code == 422
    assert words in error_beside(response, field)
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("typed", ["ana@acme.example\u200b", "\u202aana@acme.example\u202c"])
def test_an_address_pasted_with_characters_that_are_not_seen_can_be_written_to(
    form: Filled, typed: str
) -> None:
    """Chat programs copy them along; the confirmation then failed as undeliverable."""
    assert form.post(email=typed).status_code == 303
    assert Ticket.objects.get().email == "ana@acme.example"
    confirmation = Message.objects.get(kind="ticket_confirmation")
    assert (confirmation.to, confirmation.state) == ("ana@acme.example", Message.State.QUEUED)


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("reason", "", "Seleccione el motivo"),
        ("reason", "999999", "no está en la lista"),
        ("reason", "1e3", "no está en la lista"),
        ("email", "", "correo"),
        ("email", "ana@", "completo"),
        ("email", "ana@acme.example\nBcc: x@y.example", "no se pueden guardar"),
        ("email", f"{'a' * 250}@acme.example", "254"),
        ("requester_name", " ", "Escriba los nombres"),
        ("requester_name", "A" * 151, "151"),
        ("requester_name", "Ana\x00", "no se pueden guardar"),
        ("requester_name", "Ana\u2028Pérez", "no se pueden guardar"),
        ("contact_phone", "", "Escriba un teléfono"),
        ("contact_phone", "12345", "dígitos"),
        ("contact_phone", "llámame", "letras"),
        ("contact_phone", "+1 202 555 0101", "Ecuador"),
        ("contact_phone", "09912345\x0067", "no se pueden guardar"),
        ("details", "", "Escriba qué servicios"),
        ("details", "x\x00y", "no se pueden guardar"),
        ("details", "x\x07y", "no se pueden guardar"),
        ("details", "a" * 10_000, "10000"),
        ("details", "a" * 5_001, "5000"),
    ],
)
def test_an_invalid_field_shows_its_error_and_keeps_everything(
    form: Filled, field: str, typed: str, words: str
) -> None:
    others = {"requester_name": "Ana María", "details": "Todo lo que escribí", "email": "otra@acme.example"}
    sent = {**form.values, **others, field: typed}
    response = form.post(**sent)
    assert_refused(response, field, words)
    assert {**fields_of(response), field: ""} == {**sent, field: ""}


def test_what_is_wrong_with_a_long_text_is_not_cut_away(form: Filled) -> None:
    assert fields_of(form.post(details="ñ" * 10_000))["details"] == "ñ" * 10_000


def test_a_phone_is_shown_again_as_it_was_typed(form: Filled) -> None:
    assert fields_of(form.post(contact_phone="099 12"))["contact_phone"] == "099 12"
    assert fields_of(form.post(contact_phone="099.123.4567", reason=""))["contact_phone"] == "099.123.4567"


def test_line_ends_count_as_one_character(form: Filled) -> None:
    """5,000 characters fit, although browsers send each line end as two (R6.13)."""
    assert form.post(details="línea\r\n" * 833 + "ab").status_code == 303
    assert Ticket.objects.get().details == "línea\n" * 833 + "ab"


@pytest.mark.parametrize(
    "typed", ["مرحبا \u202e بالعالم", "🙂👩‍👩‍👧 é", "<script>alert(1)</script>", "'; DROP TABLE--", "1\t2"]
)
def test_any_language_is_kept_as_typed(form: Filled, typed: str) -> None:
    response = form.post(details=typed)
    assert response.status_code == 303
    assert Ticket.objects.get().details == typed
    assert typed in text_of(form.client.get(response["Location"])) or "\t" in typed


def test_a_reason_retired_while_the_form_was_open_keeps_the_rest(form: Filled) -> None:
    reason = cast.a_reason()
    reason.is_active = False
    reason.save()
    assert_refused(form.post(), "reason", "no está en la lista")


def test_a_reason_of_another_request_type_is_refused(form: Filled) -> None:
    other = RequestType.objects.create(code="claim", name="Reclamo")
    reason = Reason.objects.create(request_type=other, text="Cobro duplicado")
    assert_refused(form.post(reason=reason.pk), "reason", "no está en la lista")


def test_a_form_without_a_type_is_of_the_type_of_its_key(form: Filled) -> None:
    assert form.post(request_type="").status_code == 303
    assert Ticket.objects.get().request_type.code == "cancellation"


def test_a_type_that_is_not_offered_is_an_error_and_the_form_then_has_one_that_is(form: Filled) -> None:
    answer = form.post(request_type="0")
    assert answer.status_code == 422
    assert "Ese tipo de requerimiento ya no se ofrece." in text_of(answer)
    again = fields_of(answer)
    assert (again["request_type"], again["details"]) == ("cancellation", form.values["details"])
    assert form.client.post(REQUEST, again).status_code == 303


def test_nothing_that_is_pasted_is_cut_by_the_browser(form: Filled) -> None:
    details = soup(form.client.get(REQUEST)).select_one("textarea[name=details]")
    assert details
    assert not details.has_attr("maxlength")


def test_a_million_characters_are_refused_as_a_request(form: Filled) -> None:
    """Above DATA_UPLOAD_MAX_MEMORY_SIZE Django reads no field, so the page can show none again
    (R6.13).
    """
    assert form.post(details="x" * 1_000_000).status_code == 413


@pytest.mark.parametrize("sent", [{}, {"submission_key": "x"}, {"reason": ["1", "2"], "details": ["a", "b"]}])
def test_a_form_of_nothing_is_refused(sent: dict[str, Any]) -> None:
    client = visitor(cast.ana())
    assert client.post(REQUEST, sent).status_code == 422


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("grande.pdf", b"%PDF-1.4\n" + b"x" * 3_000_000, "2 MB"),
        ("vacio.pdf", b"", "vacío"),
        ("factura.pdf", b"MZ\x90\x00" + b"\x00" * 600, "factura.pdf"),
        ("sinextension", b"%PDF-1.4\n", "extensión"),
        ("fotos.zip", b"PK\x03\x04" + b"\x00" * 100, "fotos.zip"),
        ("../../etc/clave.exe", b"MZ", "clave.exe"),
    ],
)
def test_a_wrong_file_is_named_and_the_text_stays(
    form: Filled, name: str, content: bytes, words: str
) -> None:
    response = form.post(attachments=[pdf(), pdf(name, content)], details="Mi texto")
    assert_refused(response, "attachments", words)
    assert fields_of(response)["details"] == "Mi texto"
    assert "sustento.pdf" not in error_beside(response, "attachments")
    assert list(staged_in(response)) == ["sustento.pdf"]


def test_every_wrong_file_has_its_message(form: Filled) -> None:
    response = form.post(attachments=[pdf("a.exe"), pdf("b.pdf", b""), pdf("c.pdf")])
    errors = error_beside(response, "attachments")
    assert "a.exe" in errors
    assert "b.pdf" in errors
    assert "c.pdf" not in errors


@pytest.mark.parametrize("count", [6, 12])
def test_r3_02_too_many_files_are_counted_and_the_text_stays(form: Filled, count: int) -> None:
    response = form.post(attachments=[pdf(f"{n}.pdf") for n in range(count)], details="Mi texto")
    assert_refused(response, "attachments", str(count))
    assert fields_of(response)["details"] == "Mi texto"


def test_five_files_of_two_mebibytes_are_taken(form: Filled) -> None:
    full = PDF.ljust(2 * 1024 * 1024, b" ")
    assert form.post(attachments=[pdf(f"{n}.pdf", full) for n in range(5)]).status_code == 303
    assert set(Attachment.objects.values_list("size", flat=True)) == {2_097_152}


def test_one_byte_more_is_refused(form: Filled) -> None:
    response = form.post(attachments=pdf("justo.pdf", b"%PDF-1.4\n".ljust(2 * 1024 * 1024 + 1, b" ")))
    assert_refused(response, "attachments", "justo.pdf")


def test_more_files_than_any_form_sends_are_refused_as_a_request(form: Filled) -> None:
    assert form.post(attachments=[pdf(f"{n}.pdf") for n in range(51)]).status_code == 413


def test_without_files_the_page_does_not_say_that_they_are_kept(form: Filled) -> None:
    assert "guardado" not in text_of(form.post(reason=""))


def test_a_body_that_is_not_a_form_is_refused() -> None:
    client = visitor(cast.ana())
    for content_type in (
        "text/plain",
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
    ):
        assert client.post(REQUEST, b"\xff{--x", content_type=content_type).status_code in {400, 422}


def test_a_form_without_csrf_token_is_refused() -> None:
    client = visitor(cast.ana())
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert strict.post(REQUEST, {"details": "x"}).status_code == 403
