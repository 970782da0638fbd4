"""The bytes and requests of a first visit and of the next page."""

import gzip
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import httpx
from bs4 import BeautifulSoup

from bench.figures import Line, figure
from bench.requests import FORM, signed_in
from bench.rounds import UnexpectedStatus
from bench.servers import Bench

ENTRY = "/fidelizacion/"
FIRST_KB, FIRST_RAW_KB, FIRST_REQUESTS, NEXT_KB = 20.0, 120.0, 5, 6.0


def measure(bench: Bench) -> Iterator[Line]:
    product = bench.product()
    with httpx.Client(base_url=product.base_url, trust_env=False) as browser:
        first = visited(browser, ENTRY)
        origins = {urlsplit(address).netloc for address in first}
        packed, raw = (sum(sizes) / 1000 for sizes in zip(*first.values(), strict=True))
        yield Line(
            "Primera visita",
            f"{figure(packed)} kB ({figure(raw)} kB sin comprimir), {len(first)} peticiones, {len(origins)} origen",
            goal=f"≤ {FIRST_KB:.0f} kB (≤ {FIRST_RAW_KB:.0f} kB), ≤ {FIRST_REQUESTS} peticiones, un origen",
            holds=packed <= FIRST_KB
            and raw <= FIRST_RAW_KB
            and len(first) <= FIRST_REQUESTS
            and len(origins) == 1,
        )
        browser.cookies.update(signed_in(product)[0])
        form = visited(browser, FORM)
        fresh = {address: sizes for address, sizes in form.items() if address not in first}
        heaviest = sum(packed for packed, _ in fresh.values()) / 1000
        yield Line(
            "Página siguiente: la solicitud",
            f"{figure(heaviest)} kB, {len(fresh)} peticiones nuevas",
            goal=f"≤ {NEXT_KB:.0f} kB",
            holds=heaviest <= NEXT_KB,
        )


def visited(browser: httpx.Client, path: str) -> dict[str, tuple[int, int]]:
    """Return the compressed and the full size of each address that a browser loads for the page.

    In production the proxy compresses the page (docs/decisions.md), here gzip at level 6. Static
    files are served compressed.
    """
    page = browser.get(path)
    if page.status_code != 200:
        raise UnexpectedStatus(f"{path} respondió {page.status_code}")
    url = str(page.url)
    sizes = {url: (len(gzip.compress(page.content, 6)), len(page.content))}
    soup = BeautifulSoup(page.text, "html.parser")
    for tag in soup.select("link[rel=stylesheet], link[rel=icon], link[rel=preload], script[src], img[src]"):
        address = urljoin(url, str(tag.get("href") or tag.get("src")))
        if address.startswith("data:") or address in sizes:
            continue
        with browser.stream("GET", address) as answer:
            sent = sum(len(chunk) for chunk in answer.iter_raw())
        sizes[address] = (sent, len(browser.get(address).content))
    return sizes
