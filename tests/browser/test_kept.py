"""Forms keep what was typed, with JavaScript and without (P4): after an error link, Back from an
error page, and a question before leaving.
"""

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.browser.test_portal import Walk, choose_a_reason, scripts, windows
from tests.stack import Stack

pytestmark = [pytest.mark.loopback, pytest.mark.processes]

# The distance in pixels from the top of the window to the label of the focused field
QUESTION = """() => {
  const field = document.activeElement.closest(".field");
  return field.querySelector("label, legend").getBoundingClientRect().top;
}"""


@scripts
def test_an_error_link_shows_the_question_and_leaves_no_fragment_in_the_results_url(
    chromium: Browser, stack: Stack, scripts: bool
) -> None:
    walk = Walk(chromium, stack, scripts=scripts, width=360)
    page = walk.page
    walk.sign_in()
    page.fill("[name=email]", "ana@")
    walk.confirm()
    for link in page.locator("#errores a").all():
        link.click()
        field = str(link.get_attribute("href"))
        expect(page.locator(field)).to_be_in_viewport()
        if scripts:
            assert page.evaluate(QUESTION) >= 0, field
        else:
            expect(page.locator(f".field:has({field})").locator("label, legend").first).to_be_in_viewport(
                ratio=1
            )
    assert "#id_" in page.url
    fill(page, f"Corregida, {scripts}.")  # the same text twice would be a repeat (A23)
    page.fill("[name=email]", "ana@empresa.example")
    walk.confirm()
    expect(page.locator("#numero-de-ticket")).to_be_visible()
    assert page.url.endswith("/?creado=1")
    assert walk.trouble == []
    walk.context.close()


def fill(page: Page, details: str) -> None:
    choose_a_reason(page)
    page.fill("[name=details]", details)


def break_the_answer(walk: Walk, what: str) -> None:
    """Make the next form fail: for its CSRF token, or for its size (413)."""
    if what == "csrf":
        walk.context.clear_cookies(name="csrftoken")
    else:
        too_much = FilePayload(name="plano.pdf", mimeType="application/pdf", buffer=b"x" * 13_000_000)
        walk.page.set_input_files("[name=attachments]", too_much)


@pytest.mark.parametrize("what", ["csrf", "413"])
def test_back_from_an_error_page_shows_what_was_typed_and_it_can_be_confirmed(
    chromium: Browser, stack: Stack, what: str
) -> None:
    """Without scripts, because with them a form that is too large is not sent at all."""
    walk = Walk(chromium, stack, scripts=False)
    page = walk.page
    walk.sign_in()
    fill(page, f"Se queda pese a {what}.")
    break_the_answer(walk, what)
    walk.confirm()
    expect(page.locator("h1")).to_contain_text({"csrf": "otra vez", "413": "demasiado grande"}[what])
    expect(page.get_by_text("botón «Atrás»")).to_be_visible()
    page.go_back()
    expect(page.locator("[name=details]")).to_have_value(f"Se queda pese a {what}.")
    if what == "413":
        page.set_input_files("[name=attachments]", [])
    walk.confirm()
    expect(page.locator("#numero-de-ticket")).to_be_visible()
    walk.context.close()


def test_the_button_of_an_error_page_goes_back_to_what_was_typed(chromium: Browser, stack: Stack) -> None:
    walk = Walk(chromium, stack, scripts=True)
    page = walk.page
    walk.sign_in()
    fill(page, "Con un clic.")
    break_the_answer(walk, "csrf")
    walk.confirm()
    page.get_by_role("button", name="Volver al formulario").click()
    expect(page.locator("[name=details]")).to_have_value("Con un clic.")
    walk.context.close()


@windows
@pytest.mark.parametrize("way_out", ["Cancelar", "Salir"])
def test_leaving_a_form_with_text_asks_and_keeps_it(
    browser: Browser, stack: Stack, scripts: bool, way_out: str
) -> None:
    walk = Walk(browser, stack, scripts=scripts, width=360)
    page = walk.page
    walk.sign_in()
    fill(page, "Esto costó escribirlo.")
    page.get_by_role("button", name=way_out).click()
    expect(page.locator("h1")).to_have_text("¿Salir sin enviar la solicitud?")
    page.get_by_role("link", name="Seguir con la solicitud").click()
    expect(page.locator("[name=details]")).to_have_value("Esto costó escribirlo.")
    page.get_by_role("button", name=way_out).click()
    page.get_by_role("button", name="Salir y borrar lo escrito").click()
    expect(page.locator("[name=phone]")).to_be_visible()
    page.goto("/fidelizacion/solicitud/")
    expect(page.locator("[name=phone]")).to_be_visible()
    assert walk.trouble == []
    walk.context.close()
