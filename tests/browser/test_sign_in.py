"""A mail's link to a ticket leads through the PIN to that ticket, with JavaScript and without."""

from uuid import uuid4

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.test_portal import Walk, choose_a_reason, scripts
from tests.processes.visitor import CODE
from tests.stack import Stack, wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes]


@scripts
def test_the_link_to_a_ticket_leads_to_it_through_the_pin(
    browser: Browser, stack: Stack, scripts: bool
) -> None:
    walk = Walk(browser, stack, scripts=scripts)
    page = walk.page
    walk.sign_in()
    choose_a_reason(page)
    page.fill("[name=details]", f"Los enlaces de Loja {uuid4()}.")
    walk.confirm()
    number = page.locator("#numero-de-ticket").inner_text()
    walk.context.clear_cookies()

    before = {message["at"] for message in stack.sms()}
    page.goto(f"/fidelizacion/ticket/{number}/")
    expect(page.locator("h1")).to_contain_text(number)
    page.fill("[name=phone]", "12")
    page.get_by_role("button", name="Ingresar").click()
    expect(page.locator("#errores")).to_be_visible()
    page.fill("[name=phone]", "099 123 4567")
    page.get_by_role("button", name="Ingresar").click()
    arrived = wait_for(lambda: [message for message in stack.sms() if message["at"] not in before])
    code = CODE.search(arrived[0]["text"])
    assert code
    page.fill("[name=code]", code[0])
    page.get_by_role("button", name="Continuar").click()
    page.wait_for_url(f"**/ticket/{number}/")
    expect(page.locator("h1")).to_have_text(f"Ticket n.º\u00a0{number}")
    assert walk.trouble == []
    walk.context.close()
