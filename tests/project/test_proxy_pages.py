"""The proxy's error pages: the committed ones match the command, which operators run again."""

from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.core.management import CommandError, call_command

from fidelizacion.proxy_pages import STATUSES, STYLESHEET, files
from tests.conformance.project import BASE

COMMITTED = BASE / "deploy" / "nginx" / "pages"


def test_the_committed_pages_are_what_the_command_makes() -> None:
    made = files(settings.BRAND)
    committed = {path.name: path.read_bytes() for path in COMMITTED.iterdir()}
    # The copy of the styles may be older than the portal's: not every change of them is copied
    committed[STYLESHEET], made[STYLESHEET] = (
        styles[:1000] for styles in (committed[STYLESHEET], made[STYLESHEET])
    )
    assert committed == made, "take them over with: manage.py proxy_pages deploy/nginx/pages"


@pytest.mark.parametrize("status", STATUSES)
def test_a_page_says_what_to_do_and_loads_nothing_from_the_portal(status: int) -> None:
    brand = replace(
        settings.BRAND, name="Operadora Ejemplo", support_phone="1800 000 000", support_email="a@b.example"
    )
    page = BeautifulSoup(files(brand)[f"{status}.html"], "html.parser")
    heading, title = page.select_one("h1"), page.title
    assert heading
    assert title
    assert heading.get_text() in title.get_text()
    assert "Operadora Ejemplo" in title.get_text()
    links = [str(tag.get("href") or tag.get("src")) for tag in page.select("[href], [src]")]
    assert [link for link in links if not link.startswith(("data:", "tel:", "mailto:"))] == [
        "/avisos/estilo.css"
    ]
    assert {"tel:1800000000", "mailto:a@b.example"} <= set(links)
    assert not page.select("script, form, style, [style]")


def test_the_command_writes_pages_that_the_proxy_may_read(tmp_path: Path) -> None:
    call_command("proxy_pages", str(tmp_path / "pages"))
    assert {path.name for path in (tmp_path / "pages").iterdir()} == {
        path.name for path in COMMITTED.iterdir()
    }
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "pages").iterdir()} == {0o644}
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="No se puede escribir"):
        call_command("proxy_pages", str(tmp_path / "file"))
