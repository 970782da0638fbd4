"""Start Chromium and Firefox for the tests of this folder only: Playwright's event loop must have
ended before other tests use the database.
"""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.stack import Stack, running

expect.set_options(timeout=120_000)  # milliseconds, enough on a busy machine
# In a container root cannot use the sandbox, and /dev/shm is small
IN_A_CONTAINER = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
# Chromium sends no requests except the tests'
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
LAUNCH_MS = 120_000
# One process for all pages and few frames save a fifth of the processor time
FRUGAL: dict[str, str | float | bool] = {
    "browser.newtab.preload": False,
    "browser.newtabpage.enabled": False,
    "browser.sessionstore.interval": 3_600_000,  # milliseconds
    "browser.startup.page": 0,
    "dom.ipc.processCount": 1,
    "dom.ipc.processPrelaunch.enabled": False,
    "fission.autostart": False,
    "layout.frame_rate": 5,  # a second
    "ui.prefersReducedMotion": 1,
}


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Run one product for all tests of this folder; each test leaves it unchanged."""
    with running(tmp_path_factory.mktemp("stack")) as started:
        yield started


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    # The headless shell draws no window and uses two thirds of the processor time
    path = _installed("chromium", "chromium-headless-shell", "chromium", "chromium-browser")
    arguments = [*IN_A_CONTAINER, *QUIET]
    browser = playwright.chromium.launch(executable_path=path, args=arguments, timeout=LAUNCH_MS)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def firefox(playwright: Playwright) -> Iterator[Browser]:
    """Start Debian's Firefox over WebDriver BiDi: other protocols need Playwright's build of it."""
    path = _installed("firefox-esr", "firefox-esr", "firefox")
    browser = playwright.firefox.launch(
        executable_path=path, channel="moz-firefox", firefox_user_prefs=FRUGAL, timeout=LAUNCH_MS
    )
    yield browser
    browser.close()


@pytest.fixture(params=["chromium", "firefox"])
def browser(request: pytest.FixtureRequest) -> Browser:
    """Run the test in each browser."""
    launched: Browser = request.getfixturevalue(request.param)
    return launched


def _installed(package: str, *names: str) -> str:
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        absent = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        absent(f"skipped: {package} no está instalado (apt install {package})")
    return path
