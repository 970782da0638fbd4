"""Test client of `consulta/`: fills in and sends the form, and does the worker's part."""

import re
from typing import Any

from django.core import mail
from django.test import Client

from tests.tickets.portal_client import fields_of, soup, text_of
from tickets import public_code
from tickets.models import RequestType

FORM = "/fidelizacion/consulta/"
CODE = "/fidelizacion/consulta/codigo/"
DONE = "/fidelizacion/consulta/listo/"
EMAIL = "lucia@hogar.example"
SIX = re.compile(r"^\s+(\d{6})$", re.MULTILINE)


def make_public_type() -> RequestType:
    """Create the only type offered without signing in."""
    return RequestType.objects.create(
        code="new_service",
        name="Servicio nuevo",
        in_portal=False,
        in_public_form=True,
        asks_reason=False,
        effective_rule="none",
        own_words={"result": "Registramos su interés: {type}."},
    )


def filled(client: Client, **changes: Any) -> dict[str, Any]:
    shown = fields_of(client.get(FORM))
    typed = {
        "details": "Internet para mi local",
        "requester_name": "Lucía Vera",
        "email": EMAIL,
        "contact_phone": "099 765 4321",
    }
    return {**shown, **typed, **changes}


def sent(client: Client, **changes: Any) -> dict[str, Any]:
    """Send the form and return the posted fields."""
    posted = filled(client, **changes)
    response = client.post(FORM, posted)
    assert (response.status_code, response["Location"]) == (303, CODE), text_of(response)
    return posted


def mailed_code(client: Client) -> str:
    """Send the mail of this browser's form, as the worker does, and return its code."""
    mail.outbox.clear()
    public_code.send(client.session["consulta.key"])
    [message] = mail.outbox
    found = SIX.search(str(message.body))
    assert found
    return found[1]


def code_form(client: Client) -> dict[str, str]:
    """Return the hidden fields of this browser's code page."""
    found = soup(client.get(CODE)).select_one("form.card [name=submission_key]")
    assert found
    return {"submission_key": str(found["value"])}


def wrong(code: str) -> str:
    """Return another code than this one."""
    return f"{(int(code) + 1) % 1_000_000:06}"
