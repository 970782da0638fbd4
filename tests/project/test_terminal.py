"""Commands speak Spanish, and write numbers and names as the screens do (L2)."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db


def said_by(*command: str) -> str:
    said = StringIO()
    call_command(*command, stdout=said)
    return said.getvalue()


@pytest.mark.parametrize(("name", "why"), [("no-such-list.csv", "no existe"), (".", "es una carpeta")])
def test_a_file_that_cannot_be_read_is_reported_in_spanish(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(CommandError, match=f": {why}\\.$"):
        call_command("send_links", "--file", str(tmp_path / name))


@pytest.mark.parametrize("command", ["otp_audit", "retry_notifications"])
def test_an_invalid_day_is_reported_in_spanish(command: str) -> None:
    with pytest.raises(CommandError, match="«ayer» no es un día: se escribe AAAA-MM-DD"):
        call_command(command, "--since", "ayer")


def test_the_sweep_reports_names_that_people_use() -> None:
    rows = [line.split()[0] for line in said_by("deliver_notifications").splitlines()[:-1]]
    assert "códigos" in rows
    assert "otp" not in rows


def test_a_duration_is_written_with_a_comma() -> None:
    said = said_by("send_test_message", "--email", "operaciones@operadora.example")
    assert re.search(r"Listo: correo n\.º \d+ .* en \d+,\d s\.", said)
