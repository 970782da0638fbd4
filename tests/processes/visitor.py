"""A visitor without JavaScript, who reads, fills in and submits the forms of the pages by HTTP."""

import re
from dataclasses import dataclass
from typing import Any, Protocol, Self
from uuid import uuid4

import httpx
from bs4 import BeautifulSoup, Tag

from tests.corpus import CORPUS, samples
from tests.stack import wait_for

CODE = re.compile(r"\d{4,8}")
File = tuple[str, bytes]


@dataclass
class Form:
    """A form as a browser would send it: its address, its method and the values of its fields."""

    address: str
    method: str
    values: dict[str, str]

    @classmethod
    def read(cls, tag: Tag, page: httpx.Response) -> Self:
        values: dict[str, str] = {}
        for control in tag.select("input, textarea, select"):
            name, kind = str(control.get("name") or ""), str(control.get("type") or "")
            if not name or kind in {"file", "submit"}:
                continue
            if kind in {"radio", "checkbox"} and not control.has_attr("checked"):
                continue
            values[name] = _value(control)
        action = str(tag.get("action") or "")
        return cls(str(page.url.join(action)), str(tag.get("method") or "get").upper(), values)


def _value(control: Tag) -> str:
    if control.name == "textarea":
        return control.get_text()
    if control.name == "select":
        chosen = control.select_one("option[selected]") or control.select_one("option")
        return str(chosen.get("value") or "") if chosen else ""
    return str(control.get("value") or "")


class Portal(Protocol):
    """What a visitor uses of a portal: its address, and the SMS that it sent, newest first."""

    base_url: str

    def sms(self) -> list[dict[str, str]]: ...


class Visitor:
    """One browser; `page` is the last answer."""

    def __init__(self, stack: Portal) -> None:
        self.stack = stack
        self.browser = httpx.Client(
            base_url=stack.base_url, follow_redirects=True, trust_env=False, timeout=60
        )
        self.page = self.browser.get("/fidelizacion/")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.browser.close()

    @property
    def soup(self) -> BeautifulSoup:
        return BeautifulSoup(self.page.text, "html.parser")

    def form(self, field: str) -> Form:
        """Return the form of this page that has this field."""
        for tag in self.soup.select("form"):
            if tag.select(f'[name="{field}"]'):
                return Form.read(tag, self.page)
        raise AssertionError(f"no form with {field} on {self.page.url}: {self.page.status_code}")

    def send(self, form: Form, files: dict[str, File] | None = None, **typed: str) -> httpx.Response:
        """Submit a form with these values typed; return the answer, which becomes the page."""
        parts: dict[str, Any] = {"data": {**form.values, **typed}}
        if files is not None:
            parts["files"] = files or {"attachments": ("", b"")}
        self.page = self.browser.request(form.method, form.address, **parts)
        return self.page

    def sign_in(self, phone: str) -> None:
        """Sign in from the entry page, with the code from the portal's SMS."""
        before = {message["at"] for message in self.stack.sms()}
        self.send(self.form("phone"), phone=phone)
        sms = wait_for(lambda: [message for message in self.stack.sms() if message["at"] not in before])
        assert sms, "no SMS came"
        code = CODE.search(sms[0]["text"])
        assert code
        self.send(self.form("code"), code=code[0])

    def request(self, files: dict[str, File] | None = None, **typed: str) -> str:
        """Fill in the request form and confirm it; return the ticket's number.

        If several request types are offered, it chooses the first one before.
        """
        if first := self.soup.select_one('input[type="radio"][name="request_type"]'):
            self.send(self.form("request_type"), request_type=str(first["value"]))
        form = self.form("reason")
        self.send(form, files or {}, **{**self.answers(), **typed})
        return self.ticket_number()

    def answers(self) -> dict[str, str]:
        """Return the first request type and reason of the form, with unique details: equal details
        would repeat an earlier request (A23).
        """
        chosen: dict[str, str] = {"details": f"Por cierre de la oficina de Cuenca, trámite {uuid4()}."}
        for name in ("request_type", "reason"):
            option = self.soup.select_one(f'input[name="{name}"]') or self.soup.select_one(
                f'select[name="{name}"] option[value]:not([value=""])'
            )
            assert option, name
            chosen[name] = str(option["value"])
        return chosen

    def ticket_number(self) -> str:
        number = self.soup.select_one("#numero-de-ticket")
        assert number, (
            f"{self.page.status_code} at {self.page.url}: {self.soup.get_text(' ', strip=True)[:600]}"
        )
        return number.get_text(strip=True)


def a_real_pdf() -> File:
    """Return the accepted PDF of the corpus that is nearest to 1 MB, or a small one without a
    corpus.
    """
    if not CORPUS.is_dir():
        return (
            "carta.pdf",
            b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n",
        )
    accepted = [sample for sample in samples() if sample.verdict == "accept" and sample.name.endswith(".pdf")]
    nearest = min(accepted, key=lambda sample: abs(sample.path.stat().st_size - 1_000_000))
    return ("carta.pdf", nearest.path.read_bytes())
