"""`manage.py send_links`: by phone, company or file, and its output (A17, R5.14)."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from companies.models import Company
from notifications.models import Message
from otp.models import AuditEvent, Invitation, LimitUse
from tests import cast

pytestmark = pytest.mark.django_db

RUC = "1790016919001"


def run(*arguments: object) -> list[str]:
    out = StringIO()
    call_command("send_links", *map(str, arguments), stdout=out)
    return out.getvalue().splitlines()


def failed(*arguments: object) -> tuple[str, list[str]]:
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("send_links", *map(str, arguments), stdout=out)
    return str(caught.value), out.getvalue().splitlines()


def receivers() -> list[str]:
    return sorted(Message.objects.values_list("to", flat=True))


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    return tmp_path / "lista.csv"


@pytest.fixture(autouse=True)
def _people() -> None:
    cast.ana(cast.make_company(tax_id=RUC))
    cast.bruno()


def test_numbers_in_any_spelling_get_an_sms_each() -> None:
    *_, summary = run("--phone", "0991234567", "+593 98 765 4321")
    assert receivers() == [cast.BRUNO_PHONE, cast.ANA_PHONE]
    assert set(Message.objects.values_list("channel", flat=True)) == {"sms"}
    assert summary == "Listo: 2 en camino por SMS, 0 sin enviar."


def test_the_channel_may_be_mail() -> None:
    *_, summary = run("--phone", "0991234567", "--phone", "0987654321", "--channel", "email")
    assert summary == "Listo: 2 en camino por correo, 0 sin enviar."
    assert receivers() == ["ana@acme.example", "bruno@bruno.example"]


def test_all_administrators_of_a_company_get_it() -> None:
    company = Company.objects.get(tax_id=RUC)
    cast.make_administrator(company, phone="+593991110001")
    cast.make_administrator(company, phone="+593991110002", is_active=False)
    said = run("--company", RUC)
    assert receivers() == ["+593991110001", cast.ANA_PHONE]
    assert "n.º 1  …002  administrador inactivo" in said


def test_the_report_masks_numbers_says_why_and_ends_with_the_summary(listed: Path) -> None:
    """R5.14"""
    cast.make_administrator(phone="+593981112233")
    listed.write_text(
        "0991234567\n0960000000\n0981112233\n099 123 4567\n12345\n1790085783001\n", encoding="utf-8"
    )
    said = run("--file", listed)
    assert said == [
        "línea 2  …000  no es administrador",
        "línea 3  …233  administrador sin empresa",
        "línea 4  …567  repetido en la lista",
        "línea 5        Al número le faltan dígitos. Un número móvil tiene 10, por ejemplo 099 123 4567.",
        "línea 6        no hay una empresa con ese RUC o cédula",
        *said[5:],
    ]
    counts = said[5:-1]
    assert {line[:-8].strip(): int(line[-6:]) for line in counts}["enlaces"] == 1
    assert len({len(line) for line in counts}) == 1
    assert said[-1] == "Listo: 1 en camino por SMS, 5 sin enviar."
    assert receivers() == [cast.ANA_PHONE]


@pytest.mark.parametrize(
    "raw",
    [
        b"0991234567\n0987654321\n",
        b"\xef\xbb\xbftelefono\r\n0991234567\r\n\r\n  0987654321  \r\n",
        "Teléfono;Nombres\n\"0991234567\";Ana Pérez\n;\n+593 98 765 4321;Bruno\n".encode("cp1252"),
        "Teléfono,Nombres\n0991234567,\"Pérez, Ana\"\n0987654321,Bruno\n".encode(),
        "Nombres\tMóvil\nAna\t991234567\nBruno\t593987654321\n".encode("utf-16"),
        f"RUC\n{RUC}\n0987654321".encode(),
        b";;\n;0991234567;\n,0987654321,\n",
    ],
    ids=["plain", "mark and heading", "semicolons", "commas and quotes", "tabs in UTF-16", "RUC", "empty cells"],
)  # fmt: skip
def test_a_file_is_read_however_it_was_saved(listed: Path, raw: bytes) -> None:
    listed.write_bytes(raw)
    assert run("--file", listed)[-1] == "Listo: 2 en camino por SMS, 0 sin enviar."
    assert receivers() == [cast.BRUNO_PHONE, cast.ANA_PHONE]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("0991234567;0987654321", "Hay más de un número"),
        ("Ana Pérez", "Escriba solo los números"),
        ("Ana;09912", "le faltan dígitos"),
        ("179001691", "dígitos de más"),
        ("1790016919000", "establecimiento"),
        ("1772345678", "tercer dígito"),
        ("02 234 5678", "debe ser móvil"),
        ("9,91E+08", "le faltan dígitos"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_with_why_and_the_others_go(
    listed: Path, line: str, why: str
) -> None:
    listed.write_text(f"telefono\n{line}\n0991234567\n", encoding="utf-8")
    bad, *_rest = run("--file", listed)
    assert bad.startswith("línea 2  ")
    assert why in bad
    assert receivers() == [cast.ANA_PHONE]


def test_a_dry_run_reports_the_same_and_writes_nothing() -> None:
    would = run("--phone", "0991234567", "0960000000", "--dry-run")
    assert not Message.objects.exists()
    assert not Invitation.objects.exists()
    assert not LimitUse.objects.exists()
    assert not AuditEvent.objects.exists()
    assert would[-1] == "Ensayo: 1 por enviar por SMS, 1 no. No se envió nada."
    assert run("--phone", "0991234567", "0960000000")[:-1] == would[:-1]


def test_a_second_run_sends_nothing_and_succeeds() -> None:
    """R5.14"""
    run("--phone", "0991234567")
    again = run("--phone", "0991234567")
    assert again[0] == "n.º 1  …567  ya invitado hace poco"
    assert again[-1] == "No se envió nada por SMS: 1 sin enviar."
    assert len(receivers()) == 1


def test_without_a_recipient_it_fails() -> None:
    error, lines = failed("--phone", "0960000000", "0991234")
    assert error == "No se envió nada por SMS: 2 sin enviar."
    assert len(lines) == 5


@pytest.mark.parametrize(
    "raw",
    [
        None,
        b"",
        b"\n\n",
        b"telefono\n",
        b"PK\x03\x04\x00\x00",
        b"\xff\xfe\x00",
        b"1" * 5_300_000,
        b"1" * 140_000,
    ],
)
def test_an_unreadable_file_fails_with_a_message(listed: Path, raw: bytes | None) -> None:
    if raw is not None:
        listed.write_bytes(raw)
    error, lines = failed("--file", listed)
    assert error
    assert lines == []


@pytest.mark.parametrize(
    "arguments", [(), ("--phone", "0991234567", "--company", RUC), ("--phone", "1", "--channel", "fax")]
)
def test_one_source_of_recipients_and_a_known_channel_are_required(
    arguments: tuple[str, ...],
) -> None:
    with pytest.raises(CommandError):
        call_command("send_links", *arguments)


def test_its_output_has_no_full_number(listed: Path) -> None:
    """R5.14"""
    listed.write_text("0991234567\n0987654321\n0960000000\n0991234567x\n", encoding="utf-8")
    said = " ".join(run("--file", listed))
    assert not [number for number in ("991234567", "987654321", "960000000") if number in said]


def test_the_os_user_who_ran_it_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """R1.28"""
    monkeypatch.setattr("getpass.getuser", lambda: "operaciones")
    run("--phone", "0991234567")
    assert (Invitation.objects.get().actor, AuditEvent.objects.get().actor) == ("operaciones", "operaciones")


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_progress_bar_and_a_file_gets_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("otp.management.commands.send_links.PROGRESS_EVERY", 1)
    assert run("--phone", "0991234567")[0] == "1 de 1"
    call_command("send_links", "--phone", "0987654321", stdout=Terminal())
    assert "Enlaces" in capsys.readouterr().out
