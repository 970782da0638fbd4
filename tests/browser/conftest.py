"""Chromium, one for each module: Playwright's loop must not be there when other tests ask Django's
database.
"""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

expect.set_options(timeout=15_000)  # milliseconds, for a machine with much else to do
# Root has no sandbox there, and /dev/shm is small
IN_A_CONTAINER = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
# It asks no server of anybody's for anything
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        absent = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        absent("skipped: Chromium no está instalado (apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*IN_A_CONTAINER, *QUIET])
        yield browser
        browser.close()
