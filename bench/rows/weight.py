"""The compressed bytes of a first visit to each page, and of a page that is visited later."""

import gzip
import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import httpx
from bs4 import BeautifulSoup

from bench.figures import Line, figure
from bench.requests import FORM, filled, signed_in
from bench.rounds import UnexpectedStatus
from bench.servers import Bench, Checkout

ENTRY, HELP, LIST = "/fidelizacion/", "/fidelizacion/ayuda/", "/fidelizacion/tickets/"
FIRST_KB, FIRST_RAW_KB, FIRST_REQUESTS, NEXT_KB = 20.0, 120.0, 5, 6.0
TICKET = re.compile(r'href="([^"]*/ticket/\d+/)"')
LOADED = "link[rel=stylesheet], link[rel=icon], link[rel=preload], script[src], img[src]"
Sizes = dict[str, tuple[int, int]]  # by URL: compressed and full bytes


def measure(bench: Bench) -> Iterator[Line]:
    product = bench.product()
    firsts = {path: visited(product, path) for path in (ENTRY, HELP, FORM, LIST, _ticket(bench, product))}
    path, first = max(firsts.items(), key=lambda visit: _total(visit[1])[0])
    packed, raw = _total(first)
    most, origins = max(map(len, firsts.values())), {urlsplit(url).netloc for url in first}
    yield Line(
        f"Primera visita, la que más pesa ({_name(path)})",
        f"{figure(packed)} kB ({figure(raw)} kB sin comprimir), {most} peticiones, {len(origins)} origen",
        goal=f"≤ {FIRST_KB:.0f} kB (≤ {FIRST_RAW_KB:.0f} kB), ≤ {FIRST_REQUESTS} peticiones, un origen",
        holds=packed <= FIRST_KB and raw <= FIRST_RAW_KB and most <= FIRST_REQUESTS and len(origins) == 1,
    )
    known = {url for sizes in firsts.values() for url in sizes if not url.endswith("/")}
    fresh = {path: {url: firsts[path][url] for url in firsts[path] if url not in known} for path in firsts}
    path, heaviest = max(fresh.items(), key=lambda visit: _total(visit[1])[0])
    packed, raw = _total(heaviest)
    yield Line(
        f"Página siguiente, la que más pesa ({_name(path)})",
        f"{figure(packed)} kB ({figure(raw)} kB sin comprimir)",
        goal=f"≤ {NEXT_KB:.0f} kB",
        holds=packed <= NEXT_KB,
    )


def visited(product: Checkout, path: str) -> Sizes:
    """Return the size of each URL that a browser with an empty cache loads for the page.

    The proxy compresses what the application does not; here gzip at level 6 stands in for it.
    """
    with httpx.Client(base_url=product.base_url, trust_env=False) as browser:
        browser.cookies.update(signed_in(product)[0])
        page, packed = _load(browser, path)
        url = str(page.url)
        sizes = {url: (packed, len(page.content))}
        soup = BeautifulSoup(page.text, "html.parser")
        for tag in soup.select(LOADED):
            address = urljoin(url, str(tag.get("href") or tag.get("src")))
            if not address.startswith("data:") and address not in sizes:
                loaded, packed = _load(browser, address)
                sizes[address] = packed, len(loaded.content)
    return sizes


def _load(browser: httpx.Client, address: str) -> tuple[httpx.Response, int]:
    with browser.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as answer:
        sent = b"".join(answer.iter_raw())
    if answer.status_code != 200:
        raise UnexpectedStatus(f"{address} respondió {answer.status_code}")
    if "content-encoding" in answer.headers:
        whole = httpx.Response(200, content=gzip.decompress(sent), request=answer.request)
        return whole, len(sent)
    whole = httpx.Response(200, content=sent, request=answer.request)
    return whole, len(gzip.compress(sent, 6))


def _ticket(bench: Bench, product: Checkout) -> str:
    """Register a request, and return the address of its page."""
    cookies = signed_in(product)[0]
    bench.generator.run(product.port, [[filled(product, cookies, None)]])
    page = httpx.get(f"{product.base_url}{LIST}", cookies=cookies, trust_env=False).text
    found = TICKET.search(page)
    if found is None:
        raise RuntimeError(f"no hay solicitudes en {LIST}")
    return found[1]


def _total(sizes: Sizes) -> tuple[float, float]:
    """Return the compressed and the full kilobytes."""
    return sum(packed for packed, _ in sizes.values()) / 1000, sum(raw for _, raw in sizes.values()) / 1000


def _name(path: str) -> str:
    return path.removeprefix(ENTRY).strip("/").split("/")[0] or "entrada"
