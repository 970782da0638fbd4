"""The request form comes back with a question: after Back and Confirmar again (A23), and after the
effective date has changed (A22).
"""

from uuid import uuid4

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from tests.browser.test_portal import Walk, choose_a_reason, scripts, windows
from tests.faults.database import Database
from tests.stack import Stack

pytestmark = [pytest.mark.loopback, pytest.mark.processes]
PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n"
FILE = FilePayload(name="carta.pdf", mimeType="application/pdf", buffer=PDF)


def tickets_listed(walk: Walk) -> int:
    page = walk.context.new_page()
    page.goto("/fidelizacion/tickets/")
    count = page.locator("main .tickets > li").count()
    page.close()
    return count


@scripts
def test_a23_back_and_confirm_again_asks_before_it_registers(
    browser: Browser, stack: Stack, scripts: bool
) -> None:
    walk = Walk(browser, stack, scripts=scripts, width=360)
    page = walk.page
    walk.sign_in()
    choose_a_reason(page)
    details = f"Los enlaces de Ambato {uuid4()}."
    page.fill("[name=details]", details)
    walk.confirm()
    number = page.locator("#numero-de-ticket").inner_text()
    listed = tickets_listed(walk)

    page.go_back()
    # Some browsers load the page again and lose what was typed; a person would type it again
    if page.input_value("[name=details]") != details:
        choose_a_reason(page)
        page.fill("[name=details]", details)
    expect(page.locator("#parecidas ~ ul")).to_contain_text(number)
    page.locator("[name=requester_name]").press("Enter")
    expect(page.locator("#ya-pedida, #ya-registrada, #numero-de-ticket").first).to_be_visible()
    if page.locator("#ya-pedida").count():
        expect(page.locator("#ya-pedida")).to_contain_text(number)
        expect(page.locator("[name=details]")).to_have_value(details)
        walk.confirm()
        expect(page.locator("#ya-pedida")).to_contain_text(number)
    assert tickets_listed(walk) == listed

    page.get_by_role("button", name="Registrarla como una solicitud nueva").click()
    expect(page.locator("#numero-de-ticket")).not_to_have_text(number)
    assert tickets_listed(walk) == listed + 1
    assert walk.trouble == []
    walk.context.close()


@windows
def test_a23_the_button_of_a_repeat_is_sent_after_the_documents_too(
    browser: Browser, stack: Stack, scripts: bool
) -> None:
    """With scripts, the documents are uploaded first; then `submit()` sends the form, which leaves
    out the button that was clicked.
    """
    walk = Walk(browser, stack, scripts=scripts)
    page = walk.page
    walk.sign_in()
    details = f"Los enlaces de Loja {uuid4()}."
    for _time in range(2):
        page.goto("/fidelizacion/solicitud/")
        choose_a_reason(page)
        page.fill("[name=details]", details)
        page.set_input_files("[name=attachments]", [FILE])
        walk.confirm()
        expect(page.locator("#numero-de-ticket, #ya-pedida")).to_be_visible()
    number = page.locator("#ya-pedida").inner_text().split()[-1]
    listed = tickets_listed(walk)
    page.set_input_files("[name=attachments]", [FILE])  # once more: the content stays the same
    page.get_by_role("button", name="Registrarla como una solicitud nueva").click()
    expect(page.locator("#numero-de-ticket")).not_to_have_text(number)
    assert tickets_listed(walk) == listed + 1
    assert walk.trouble == []
    walk.context.close()


def set_cut_day(stack: Stack, day: int) -> None:
    """Change the cut day, as the operator's directory may while a customer fills in the form."""
    Database(stack.environment["DATABASE_URL"]).rows("UPDATE companies_billingaccount SET cut_day = %s", day)


@scripts
def test_a22_after_a_change_of_date_the_form_shows_both_dates(
    chromium: Browser, stack: Stack, scripts: bool
) -> None:
    walk = Walk(chromium, stack, scripts=scripts, width=360)
    page = walk.page
    set_cut_day(stack, 15)
    walk.sign_in()
    choose_a_reason(page)
    details = f"Los enlaces de Ibarra {uuid4()}."
    page.fill("[name=details]", details)
    page.set_input_files("[name=attachments]", [FILE])
    before = page.locator("#fecha-efectiva ~ p strong").first.inner_text()
    set_cut_day(stack, 14)
    walk.confirm()
    expect(page.locator("#fecha-cambiada ~ p").first).to_contain_text(before)
    after = page.locator("#fecha-cambiada ~ p strong").inner_text()
    assert after != before
    expect(page.locator("[name=details]")).to_have_value(details)
    expect(page.locator(".file-name")).to_contain_text("carta.pdf")
    walk.confirm()
    expect(page.locator("#numero-de-ticket")).to_be_visible()
    expect(page.locator("ol.next")).to_contain_text(after)
    set_cut_day(stack, 15)
    assert walk.trouble == []
    walk.context.close()
