"""The desk in both browsers: it runs no script that a visitor typed (R5.12), violates no rule of
its Content-Security-Policy, and works without scripts.
"""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, expect

from fidelizacion.system_checks.demo_traces import ADVISOR, PASSWORD, SUPERVISOR
from tests.browser.test_portal import TIMEOUT_MS
from tests.processes.visitor import Visitor
from tests.stack import Stack

pytestmark = [pytest.mark.loopback, pytest.mark.processes]

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}'
NAME = '"><img src=x onerror=alert(2)>{{ 7*7 }}'  # a name with a slash is refused (S4)


@pytest.fixture
def number(stack: Stack) -> str:
    """Create a ticket with an attack in each free text, and return its number."""
    with Visitor(stack) as visitor:
        visitor.sign_in("0991234567")
        return visitor.request(details=f"{HOSTILE} {uuid4()}", requester_name=NAME)


def sign_in(browser: Browser, stack: Stack, user: str, *, scripts: bool = True) -> Page:
    context = browser.new_context(base_url=stack.base_url, java_script_enabled=scripts, locale="es-EC")
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    page.goto("/admin/")
    page.fill("[name=username]", user)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/admin/")
    return page


def troubles_of(page: Page) -> list[str]:
    """Return a list that fills with the page's dialogs, script errors and policy violations."""
    trouble: list[str] = []

    def on_dialog(dialog: Dialog) -> None:
        trouble.append(f"dialog at {page.url}")
        dialog.dismiss()

    def on_console(line: ConsoleMessage) -> None:
        if line.type == "error":
            trouble.append(f"{line.text} at {page.url}")

    page.on("dialog", on_dialog)
    page.on("pageerror", lambda error: trouble.append(f"{error} at {page.url}"))
    page.on("console", on_console)
    return trouble


def test_r5_12_no_page_of_the_desk_runs_typed_scripts_or_violates_its_policy(
    stack: Stack, browser: Browser, number: str
) -> None:
    page = sign_in(browser, stack, SUPERVISOR)
    trouble = troubles_of(page)
    ticket = f"/admin/tickets/ticket/{number}/"
    for address in (
        "/admin/",
        "/admin/tickets/ticket/",
        f"/admin/tickets/ticket/?q={number}",
        f"{ticket}change/",
        f"{ticket}estado/closed/",
        "/admin/companies/company/",
        "/admin/companies/company/add/",
        "/admin/companies/administrator/add/",
        "/admin/tickets/reason/",
        "/admin/operations/heartbeat/",
        f"/admin/notifications/message/?q={number}",
    ):
        answer = page.goto(address, wait_until="load")
        assert answer is not None
        assert answer.status == 200, address
    assert trouble == []


def test_an_advisor_finds_takes_and_closes_a_ticket_without_scripts(
    stack: Stack, browser: Browser, number: str
) -> None:
    page = sign_in(browser, stack, ADVISOR, scripts=False)
    page.goto("/admin/tickets/ticket/")
    page.fill("#searchbar", f"#{number}")
    page.press("#searchbar", "Enter")
    page.get_by_role("link", name=number, exact=True).click()
    expect(page.get_by_role("heading", name=f"Ticket n.º {number}", exact=True)).to_be_visible()
    page.get_by_role("button", name="Tomar").click()
    expect(page.get_by_text("quedó en estado «En gestión»")).to_be_visible()
    page.get_by_role("link", name="Cerrar…").click()
    page.get_by_label("Nota interna").fill("Dada de baja en el corte.")
    page.get_by_role("button", name="Cerrar", exact=True).click()
    expect(page.get_by_text("quedó en estado «Cerrado»")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("Reabrir"))).to_be_visible()
