"""The portal in browsers, with JavaScript and without: an invalid form and its correction, double
clicks, Back, the code that a browser fills in, and the size of targets.
"""

import time
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from tests.processes.visitor import CODE, Visitor
from tests.stack import MAILS_OF_A_REQUEST, Stack, wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes]
TIMEOUT_MS = 120_000  # for one step, enough on a busy machine
scripts = pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
# Firefox takes three times as long as Chromium. Without scripts the server does everything, so both
# browsers behave alike except on Back, and Firefox makes most walks only once.
windows = pytest.mark.parametrize(
    ("browser", "scripts"),
    [("chromium", True), ("chromium", False), ("firefox", True)],
    indirect=["browser"],
    ids=["chromium with JavaScript", "chromium without JavaScript", "firefox"],
)


class Walk:
    """One browser window. `trouble` lists its script errors, policy violations and requests to
    other origins.
    """

    def __init__(self, browser: Browser, stack: Stack, *, scripts: bool, width: int = 1280) -> None:
        self.stack = stack
        self.context = browser.new_context(
            base_url=stack.base_url,
            java_script_enabled=scripts,
            locale="es-EC",
            viewport={"width": width, "height": 800},
        )
        self.context.set_default_timeout(TIMEOUT_MS)
        self.page: Page = self.context.new_page()
        self.trouble: list[str] = []
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.page.on("request", self._on_request)

    def _on_console(self, line: ConsoleMessage) -> None:
        # Chromium reports the 422 of a refused form as a resource that failed to load
        if line.type == "error" and "422" not in line.text:
            self.trouble.append(line.text)

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self.stack.base_url, "data:", "blob:")):
            self.trouble.append(request.url)

    def sign_in(self, phone: str = "099 123 4567") -> None:
        """Open the request form as the administrator of one company, who has signed in by HTTP;
        test_sign_in.py does it in the browsers.
        """
        with Visitor(self.stack) as visitor:
            visitor.sign_in(phone)
            for cookie in visitor.browser.cookies.jar:
                self.context.add_cookies(
                    [{"name": cookie.name, "value": str(cookie.value), "url": self.stack.base_url}]
                )
        self.page.goto("/fidelizacion/solicitud/")

    def confirm(self) -> None:
        self.page.get_by_role("button", name="Confirmar").click()


# Targets for a finger: all controls except checkboxes and radios, whose labels are the targets.
# SMALL also leaves out links within a sentence.
TARGETS = (
    "a, button, input:not([type=hidden], [type=checkbox], [type=radio]), select, textarea, summary, label"
)
SMALL = (
    f"() => [...document.querySelectorAll('{TARGETS}')]"
    """
  .filter((e) => e.offsetParent && !e.matches(".skip, .label, p a, li:not(.footer li) > a"))
  .filter((e) => e.getBoundingClientRect().height < 44)
  .map((e) => e.textContent.trim() || e.name)"""
)


@pytest.mark.parametrize("address", ["/fidelizacion/", "/fidelizacion/ayuda/", "/fidelizacion/nada/"])
def test_every_target_is_large_enough_for_a_finger(chromium: Browser, stack: Stack, address: str) -> None:
    """L1: 44 px."""
    walk = Walk(chromium, stack, scripts=True, width=360)
    walk.page.goto(address)
    assert walk.page.evaluate(SMALL) == []
    walk.context.close()


@scripts
def test_a_refused_form_is_corrected_and_back_shows_no_error_page(
    chromium: Browser, stack: Stack, scripts: bool
) -> None:
    walk = Walk(chromium, stack, scripts=scripts)
    page = walk.page
    walk.sign_in()
    page.fill("[name=email]", "ana@")
    details = f"Por cierre de la oficina {uuid4()}."
    page.fill("[name=details]", details)
    walk.confirm()
    expect(page.locator("#errores")).to_be_visible()
    expect(page.locator("[name=details]")).to_have_value(details)

    page.fill("[name=email]", "ana@empresa.example")
    choose_a_reason(page)
    walk.confirm()
    number = page.locator("#numero-de-ticket")
    expect(number).to_have_text(page.url.split("/")[-2])

    page.go_back()
    expect(page.locator("h1")).to_be_visible()
    assert "chrome-error" not in page.url
    assert "ERR_" not in page.content()
    page.go_forward()
    expect(number).to_be_visible()
    assert walk.trouble == []
    walk.context.close()


def choose_a_reason(page: Page) -> None:
    if page.locator("select[name=reason]").count():
        page.select_option("select[name=reason]", index=1)
    else:
        page.locator("input[name=reason]").first.check()


@windows
def test_a_double_click_on_confirm_makes_one_ticket(browser: Browser, stack: Stack, scripts: bool) -> None:
    walk = Walk(browser, stack, scripts=scripts)
    walk.sign_in()
    choose_a_reason(walk.page)
    walk.page.fill("[name=details]", f"Todas las líneas de Cuenca {uuid4()}.")
    walk.page.get_by_role("button", name="Confirmar").dblclick(no_wait_after=True)
    number = walk.page.locator("#numero-de-ticket").inner_text()
    walk.page.goto("/fidelizacion/tickets/")
    newest = walk.page.locator("main a[href*='/ticket/']").first
    expect(newest).to_contain_text(number)
    wait_for(lambda: len(stack.mails(number)) == MAILS_OF_A_REQUEST)
    assert len(stack.mails(number)) == MAILS_OF_A_REQUEST
    assert walk.trouble == []
    walk.context.close()


@scripts
def test_a_double_click_on_ingresar_sends_one_code(chromium: Browser, stack: Stack, scripts: bool) -> None:
    """No other test signs in with its number, because an SMS of such a test could arrive late."""

    def arrived() -> list[dict[str, str]]:
        return [each for each in stack.sms() if each["to"] == "+593981112233" and each["at"] not in before]

    walk = Walk(chromium, stack, scripts=scripts)
    before = {message["at"] for message in stack.sms()}
    walk.page.goto("/fidelizacion/")
    walk.page.fill("[name=phone]", "098 111 2233")
    walk.page.get_by_role("button", name="Ingresar").dblclick(no_wait_after=True)
    expect(walk.page.locator("[name=code]")).to_be_visible()
    assert wait_for(arrived)
    time.sleep(1)
    assert len(arrived()) == 1
    code = CODE.search(arrived()[0]["text"])
    assert code
    walk.page.fill("[name=code]", code[0])
    walk.page.get_by_role("button", name="Continuar").click()
    walk.page.wait_for_url("**/solicitud/")
    walk.context.close()


HANDED_OVER = """
    window.OTPCredential = class {};
    navigator.credentials.get = async (asked) => {
      window.asked = asked.otp.transport;
      %s
    };
"""


@pytest.mark.parametrize(
    ("answer", "typed", "shown"),
    [
        ("return { code: '271828' };", "", "271828"),
        ("await new Promise((go) => setTimeout(go, 300)); return { code: '271828' };", "31", "31"),
        ("throw new DOMException('', 'AbortError');", "", ""),
    ],
    ids=["filled in", "not over what is typed", "declined"],
)
def test_a_code_that_the_browser_fills_in_is_shown_and_not_sent(
    chromium: Browser, stack: Stack, answer: str, typed: str, shown: str
) -> None:
    """R1.22: the code is only filled in; the visitor presses the button."""
    walk = Walk(chromium, stack, scripts=True)
    walk.context.add_init_script(HANDED_OVER % answer)
    posts: list[str] = []
    walk.page.goto("/fidelizacion/")
    walk.page.fill("[name=phone]", "099 123 4567")
    walk.page.get_by_role("button", name="Ingresar").click()
    walk.page.wait_for_url("**/pin/")
    walk.page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    if typed:
        walk.page.fill("[name=code]", typed)
    walk.page.wait_for_timeout(600)
    assert walk.page.evaluate("window.asked") == ["sms"]
    assert walk.page.input_value("[name=code]") == shown
    assert posts == []
    assert walk.trouble == []
    walk.context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_of_the_walk_scrolls_sideways(chromium: Browser, stack: Stack, width: int) -> None:
    walk = Walk(chromium, stack, scripts=True, width=width)
    walk.sign_in()
    for address in (
        "/fidelizacion/solicitud/",
        "/fidelizacion/tickets/",
        "/fidelizacion/ayuda/",
        "/fidelizacion/",
    ):
        walk.page.goto(address)
        assert walk.page.evaluate("document.documentElement.scrollWidth") <= width, address
    assert walk.trouble == []
    walk.context.close()
