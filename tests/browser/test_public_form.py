"""`consulta/` in browsers, from the entry to the ticket, with JavaScript and without (D7, D8)."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.browser.test_portal import Walk, scripts, windows
from tests.stack import Stack, wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes]
PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n"
FILE = FilePayload(name="plano.pdf", mimeType="application/pdf", buffer=PDF)
SIX = re.compile(r"^\s+(\d{6})\s*$", re.MULTILINE)


def codes(stack: Stack, email: str) -> list[str]:
    """Return the codes that arrived at this address."""
    mails = [mail for mail in stack.mails("Código") if str(mail["To"]) == email]
    return [found for mail in mails for found in SIX.findall(mail.get_body(("plain",)).get_content())]  # type: ignore[union-attr]


def code(stack: Stack, email: str, number: int = 1) -> str:
    """Wait for so many mails with a code; return the last code."""
    wait_for(lambda: len(codes(stack, email)) == number)
    return codes(stack, email)[-1]


def new_email() -> str:
    return f"lucia{uuid4().hex[:12]}@hogar.example"


def open_form(page: Page) -> None:
    page.goto("/fidelizacion/")
    page.get_by_role("link", name="Hacer una consulta sin un número registrado").click()
    page.get_by_label("Servicio nuevo").check()
    page.get_by_role("button", name="Continuar").click()


def fill(page: Page, email: str, details: str = "Internet para mi local.") -> None:
    page.get_by_label("Internet", exact=True).check()
    page.fill("[name=field_city]", "Loja")
    page.fill("[name=field_address]", "Av. Universitaria 10-20 y Mercadillo")
    page.fill("[name=details]", details)
    page.fill("[name=requester_name]", "Lucía Vera")
    page.fill("[name=email]", email)
    page.fill("[name=contact_phone]", "099 765 4321")


def send(page: Page) -> None:
    page.get_by_role("button", name="Enviar y recibir el código").click()


@windows
def test_a_prospect_walks_from_the_entry_to_a_ticket(browser: Browser, stack: Stack, scripts: bool) -> None:
    walk, email = Walk(browser, stack, scripts=scripts, width=360), new_email()
    page = walk.page
    open_form(page)
    fill(page, email)
    page.fill("[name=requester_name]", "")
    page.set_input_files("[name=attachments]", FILE)
    send(page)
    expect(page.locator("#errores")).to_be_visible()
    expect(page.locator("[data-staged]")).to_contain_text("plano.pdf")
    page.fill("[name=requester_name]", "Lucía Vera")
    send(page)
    expect(page.locator("h1")).to_have_text("Ingrese el código")

    right = code(stack, email)
    page.fill("[name=code]", f"{(int(right) + 1) % 1_000_000:06}")
    page.get_by_role("button", name="Registrar la consulta").click()
    expect(page.locator("#errores")).to_contain_text("Le quedan 4 intentos.")
    page.fill("[name=code]", right)
    page.get_by_role("button", name="Registrar la consulta").dblclick(no_wait_after=True)
    number = page.locator("#numero-de-ticket").inner_text()
    wait_for(lambda: len(stack.mails(number)) >= 2)
    recipients = [str(mail["To"]) for mail in stack.mails(number)]
    assert recipients.count(email) == 1

    page.reload()
    expect(page.locator("#numero-de-ticket")).to_have_text(number)
    page.goto("/fidelizacion/tickets/")
    expect(page.locator("[name=phone]")).to_be_visible()  # no session of the portal was opened
    assert walk.trouble == []
    walk.context.close()


@scripts
def test_back_from_the_code_corrects_the_address_and_keeps_the_text(
    chromium: Browser, stack: Stack, scripts: bool
) -> None:
    walk, wrong, email = Walk(chromium, stack, scripts=scripts), new_email(), new_email()
    page = walk.page
    open_form(page)
    fill(page, wrong, "Se queda al volver.")
    send(page)
    expect(page.locator("strong", has_text=wrong)).to_be_visible()
    page.go_back()
    expect(page.locator("[name=details]")).to_have_value("Se queda al volver.")
    page.fill("[name=email]", email)
    send(page)
    expect(page.locator("strong", has_text=email)).to_be_visible()
    page.fill("[name=code]", code(stack, wrong))
    page.get_by_role("button", name="Registrar la consulta").click()
    expect(page.locator("#errores")).to_be_visible()  # that code was for another address
    page.fill("[name=code]", code(stack, email))
    page.get_by_role("button", name="Registrar la consulta").click()
    expect(page.locator("#numero-de-ticket")).to_be_visible()
    page.go_back()
    expect(page.locator("h1")).to_be_visible()
    assert "chrome-error" not in page.url
    assert walk.trouble == []
    walk.context.close()


def test_two_windows_register_two_tickets(chromium: Browser, stack: Stack) -> None:
    walk = Walk(chromium, stack, scripts=False)
    emails, numbers = (new_email(), new_email()), set()
    windows_open = [walk.page, walk.context.new_page()]
    for page, email in zip(windows_open, emails, strict=True):
        open_form(page)
        fill(page, email, f"De {email}.")
        send(page)
        expect(page.locator("h1")).to_have_text("Ingrese el código")
    for page, email in zip(windows_open, emails, strict=True):
        page.fill("[name=code]", code(stack, email))
        page.get_by_role("button", name="Registrar la consulta").click()
        numbers.add(page.locator("#numero-de-ticket").inner_text())
    assert len(numbers) == 2
    walk.context.close()
