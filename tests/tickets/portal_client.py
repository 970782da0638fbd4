"""Test client of the portal: a verified visitor, and forms filled in as a browser does."""

from dataclasses import dataclass, field
from typing import Any

from bs4 import BeautifulSoup, Tag
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from companies.models import Administrator
from tests import cast
from tests.otp.pin_client import verify

REQUEST = "/fidelizacion/solicitud/"
COMPANY = "/fidelizacion/empresa/"
ENTRY = "/fidelizacion/"
PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


def visitor(administrator: Administrator, **options: Any) -> Client:
    """Return a browser that has signed in with a PIN as this administrator."""
    cast.make_request_type()
    client = Client(**options)
    verify(client, str(administrator.phone))
    return client


def pdf(name: str = "sustento.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/x-whatever")


def soup(response: Any) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def text_of(response: Any) -> str:
    return " ".join(soup(response).get_text(" ").split())


def staged_in(response: Any) -> dict[str, str]:
    """Map the names of the page's staged documents to the ids that its form sends."""
    page = soup(response)
    names = [str(next(iter(name.stripped_strings))) for name in page.select("[data-staged] .file-name")]
    return dict(zip(names, [str(kept["value"]) for kept in page.select("[name=staged]")], strict=True))


def fields_of(response: Any) -> dict[str, Any]:
    """Return the names and values that a browser would send for the page's form."""
    form = soup(response).find("form", enctype="multipart/form-data")
    assert isinstance(form, Tag), response.content
    values: dict[str, Any] = {}
    for control in form.find_all(["input", "select", "textarea"]):
        name = control.get("name")
        if control.name == "select":
            chosen = control.find("option", selected=True) or control.find("option")
            values[str(name)] = str(chosen.get("value", "")) if isinstance(chosen, Tag) else ""
        elif control.name == "textarea":
            values[str(name)] = control.get_text().removeprefix("\n").removeprefix("\r\n")
        elif name in {"staged", "lines_offered"}:
            values.setdefault(name, []).append(str(control["value"]))
        elif name == "lines":
            if control.has_attr("checked"):
                values.setdefault(name, []).append(str(control["value"]))
        elif control.get("type") == "radio" and not control.has_attr("checked"):
            continue
        elif control.get("type") not in {"file", "checkbox"} and name:
            values[str(name)] = str(control.get("value", ""))
    del values["csrfmiddlewaretoken"]  # the test client does not check it
    return values


@dataclass
class Filled:
    """The request form, opened and filled in by a browser."""

    client: Client
    values: dict[str, Any] = field(default_factory=dict)

    def post(self, **changes: Any) -> Any:
        return self.client.post(REQUEST, {**self.values, **changes})


def filled_form(client: Client, **changes: Any) -> Filled:
    shown = fields_of(client.get(REQUEST))
    typed = {"reason": str(cast.a_reason().pk), "details": "Dar de baja la línea 0991112223"}
    return Filled(client, {**shown, **typed, **changes})
