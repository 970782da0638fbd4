"""The lines of a request in a browser: chosen on the form, pasted, and found while typing."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_portal import Walk, choose_a_reason, scripts
from tests.stack import Stack

pytestmark = [pytest.mark.loopback, pytest.mark.processes]


def opened(browser: Browser, stack: Stack, phone: str, *, scripts: bool = True, width: int = 1280) -> Walk:
    walk = Walk(browser, stack, scripts=scripts, width=width)
    walk.sign_in(phone)
    return walk


def register(page: Page) -> None:
    """Confirm; a request that another test made today is made again."""
    page.get_by_role("button", name="Confirmar").last.click()
    again = page.locator("#registrar-otra")
    expect(again.or_(page.locator("#numero-de-ticket"))).to_be_visible()
    if again.is_visible():
        again.click()
    expect(page.locator("#numero-de-ticket")).to_be_visible()


@scripts
def test_a10_a_line_becomes_prepaid_and_another_ends(chromium: Browser, stack: Stack, scripts: bool) -> None:
    walk = opened(chromium, stack, "099 123 4567", scripts=scripts, width=360)
    page = walk.page
    line = page.locator(".line").nth(1)
    expect(line.locator("select")).to_be_hidden()
    page.locator("[name=lines]").first.check()
    line.locator("[name=lines]").check()
    line.locator("select").select_option("prepaid")
    choose_a_reason(page)
    walk.confirm()
    expect(page.locator("#errores")).to_be_visible()
    line.locator("input:visible").nth(1).fill("1710034065")
    line.locator("input:visible").nth(2).fill("Luz Marina Vera")
    register(page)
    expect(page.locator("main")).to_contain_text("La recibe Luz Marina Vera, 1710034065")
    assert walk.trouble == []
    walk.context.close()


@scripts
def test_a22_a_pasted_list_is_reviewed_before_it_is_registered(
    chromium: Browser, stack: Stack, scripts: bool
) -> None:
    walk = opened(chromium, stack, "098 111 2233", scripts=scripts)
    page = walk.page
    number = page.locator(".numbers li").first.inner_text()
    page.locator("summary", has_text="Pegar los números").click()
    page.fill("[name=lines_text]", f"{number}\n0900000000")
    choose_a_reason(page)
    walk.confirm()
    expect(page.locator("#lista")).to_contain_text("Entendimos 1 línea")
    expect(page.locator("#lista")).to_contain_text("No es un servicio de su empresa")
    expect(page.locator("#lista")).to_be_focused()
    register(page)
    expect(page.locator("main")).to_contain_text(number)
    assert walk.trouble == []
    walk.context.close()


@scripts
def test_a10_lines_are_found_and_chosen_among_thousands(
    chromium: Browser, stack: Stack, scripts: bool
) -> None:
    walk = opened(chromium, stack, "098 111 2233", scripts=scripts)
    page = walk.page
    page.get_by_role("button", name="Elegir entre sus").click()
    numbers = [each.get_attribute("value") or "" for each in page.locator("[name=lines]").all()]
    assert len(numbers) == 100
    page.locator("[name=lines]").first.check()
    page.fill("[name=q]", numbers[57])
    if not scripts:
        page.get_by_role("button", name="Buscar").last.click()
    expect(page.locator("[name=lines]")).to_have_count(1)
    expect(page.locator("[name=q]")).to_have_value(numbers[57])
    page.locator("[name=lines]").check()
    page.get_by_role("button", name="Listo").click()
    expect(page.locator("main")).to_contain_text("Su solicitud es de 2 líneas")
    chosen = [each.get_attribute("value") for each in page.locator("[name=lines]:checked").all()]
    assert chosen == [numbers[0], numbers[57]]
    assert walk.trouble == []
    walk.context.close()
