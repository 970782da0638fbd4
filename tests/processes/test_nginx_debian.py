"""nginx with Debian's configuration and the documented steps: redirects, limits, logs and error
pages.
"""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from http import HTTPStatus

import httpx
import pytest
from bs4 import BeautifulSoup

from demo.broker import free_port
from tests.processes.debian_nginx import NAME, STOCK, Nginx, any_certificate, debian_nginx
from tests.stack import wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes]

TOKEN, PHONE, EMAIL = "bcdfghjkmnpqrstvwxyz", "0991234567", "ana@empresa.example"
# The status of a request that nginx lets through, because no portal listens behind it
BAD_GATEWAY = HTTPStatus.BAD_GATEWAY
TOO_MANY = HTTPStatus.TOO_MANY_REQUESTS
SIGN_IN = "/admin/login/"


@pytest.fixture(scope="module")
def nginx() -> Iterator[Nginx]:
    """Run nginx without a portal behind it."""
    with debian_nginx(free_port(), free_port()) as started:
        yield started


class Mute:
    """A portal that accepts connections and never answers."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port: int = self.listener.getsockname()[1]
        self.taken: list[socket.socket] = []
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        with suppress(OSError):  # the listener is closed
            while True:
                self.taken.append(self.listener.accept()[0])

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.taken:
            connection.close()


@contextmanager
def sent(nginx: Nginx, address: str, method: str, path: str) -> Iterator[None]:
    """Send a request, and keep its connection open without reading the answer."""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: {NAME}\r\nX-Test-Address: {address}\r\nContent-Length: 0\r\n\r\n"
    )
    with (
        socket.create_connection(("127.0.0.1", nginx.https)) as plain,
        any_certificate().wrap_socket(plain) as connection,
    ):
        connection.sendall(head.encode())
        yield


def until_refused(browser: httpx.Client, method: str, path: str, most: int, **headers: str) -> int:
    """Repeat a request until nginx refuses it, and return how many went through before."""
    for passed in range(most):
        answer = browser.request(method, path, headers=headers)
        if answer.status_code == TOO_MANY:
            return passed
        assert answer.status_code == BAD_GATEWAY
    raise AssertionError(f"{most} went through")


def test_r6_04_http_only_redirects_to_https(nginx: Nginx) -> None:
    for host in ("127.0.0.1", "[::1]"):
        asked = f"http://{host}:{nginx.http}/fidelizacion/ayuda/?a=b"
        answer = httpx.get(asked, headers={"Host": NAME}, trust_env=False, timeout=60)
        assert (answer.status_code, answer.headers["Location"]) == (
            301,
            f"https://{NAME}/fidelizacion/ayuda/?a=b",
        )


@pytest.mark.parametrize(
    ("version", "spoken"),
    [(ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_r6_04_tls_is_1_2_or_1_3(nginx: Nginx, version: ssl.TLSVersion, spoken: bool) -> None:
    """Debian's nginx.conf also offers 1.0 and 1.1, which the documented configuration turns off."""
    context = any_certificate()
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with socket.create_connection(("127.0.0.1", nginx.https)) as plain, ExitStack() as ends:
        if not spoken:
            ends.enter_context(pytest.raises(ssl.SSLError))
        with context.wrap_socket(plain) as connection:
            assert connection.version() == version.name.replace("_", ".")


def test_r6_14_the_121st_page_of_an_address_is_refused_and_another_address_is_not(nginx: Nginx) -> None:
    with nginx.browser("192.0.2.1") as office, nginx.browser("192.0.2.2") as other:
        assert until_refused(office, "GET", "/fidelizacion/", 2000) >= 120
        assert other.get("/fidelizacion/").status_code == BAD_GATEWAY
        assert office.get("/static/css/portal.css").status_code == BAD_GATEWAY, "styles are not counted"


@pytest.mark.parametrize(("same", "address"), [(True, "2001:db8:0:12ff::9"), (False, "2001:db8:0:1300::9")])
def test_an_ipv6_network_of_56_bits_counts_as_one_address(nginx: Nginx, same: bool, address: str) -> None:
    with nginx.browser("2001:db8:0:1200::1" if same else "2001:db8:0:1201::1") as first:
        until_refused(first, "GET", "/fidelizacion/", 2000)
        # nginx's limit frees requests over time, so one of three may pass: another address of the
        # same /56 is refused at least once, and one of another /56 never
        statuses = {
            first.get("/fidelizacion/", headers={"X-Test-Address": address}).status_code for _ in range(3)
        }
    assert (TOO_MANY in statuses) is same


def test_r6_14_a_session_sends_20_forms_and_another_one_at_its_address_is_not_limited(nginx: Nginx) -> None:
    with nginx.browser("192.0.2.10") as office:
        cookie = f"a=b; __Host-sessionid={'a' * 32}"
        assert until_refused(office, "POST", "/fidelizacion/solicitud/", 400, Cookie=cookie) >= 20
        other = {"Cookie": f"__Host-sessionid={'b' * 32}"}
        assert office.post("/fidelizacion/solicitud/", headers=other).status_code == BAD_GATEWAY
        assert office.get("/fidelizacion/solicitud/", headers={"Cookie": cookie}).status_code == BAD_GATEWAY


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/fidelizacion/", 30),
        ("/fidelizacion/pin/", 30),
        ("/fidelizacion/consulta/", 30),
        ("/fidelizacion/consulta/codigo/", 30),
        (SIGN_IN, 20),
        (SIGN_IN + "?next=/", 20),
    ],
)
def test_signing_in_is_limited_more_than_reading(nginx: Nginx, path: str, allowed: int) -> None:
    with nginx.browser(f"192.0.2.{200 + len(path)}") as office, nginx.browser("192.0.2.99") as other:
        passed = until_refused(office, "POST", path, 110)
        assert allowed <= passed < 110
        assert office.get(path).status_code == BAD_GATEWAY, "the page itself is not refused"
        assert other.post(path).status_code == BAD_GATEWAY, "other addresses are not limited"


def test_s2_an_address_can_try_three_passwords_at_a_time(nginx: Nginx) -> None:
    with closing(Mute()) as mute, debian_nginx(mute.port, mute.port) as slow, ExitStack() as waiting:
        for _ in range(3):
            waiting.enter_context(sent(slow, "192.0.2.30", "POST", SIGN_IN))
        assert wait_for(lambda: len(mute.taken) == 3)
        with slow.browser("192.0.2.30") as office:
            assert office.post(SIGN_IN).status_code == TOO_MANY
        waiting.enter_context(sent(slow, "192.0.2.31", "POST", SIGN_IN))
        assert wait_for(lambda: len(mute.taken) == 4), "another address may"


def test_an_address_has_50_requests_at_a_time(nginx: Nginx) -> None:
    with closing(Mute()) as mute, debian_nginx(mute.port, mute.port) as slow, ExitStack() as waiting:
        for _ in range(50):
            waiting.enter_context(sent(slow, "192.0.2.40", "GET", "/fidelizacion/"))
        assert wait_for(lambda: len(mute.taken) == 50)
        with slow.browser("192.0.2.40") as office:
            assert office.get("/fidelizacion/").status_code == TOO_MANY


def the_page(answer: httpx.Response, status: int) -> BeautifulSoup:
    """Check that an answer is our error page: in Spanish, and with one stylesheet that nginx serves
    itself.
    """
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    page = BeautifulSoup(answer.text, "html.parser")
    assert page.html
    assert page.html["lang"] == "es"
    assert len(page.select("h1")) == 1
    assert "nginx" not in answer.text.lower()
    assert [tag["href"] for tag in page.select("link[rel=stylesheet]")] == ["/avisos/estilo.css"]
    assert not page.select("script, style, [style]")
    return page


def test_the_error_pages_of_nginx_are_in_spanish(nginx: Nginx) -> None:
    with nginx.browser("192.0.2.50") as browser:
        the_page(browser.get("/fidelizacion/"), 502)
        the_page(browser.get("/admin/"), 502)
        the_page(browser.post("/fidelizacion/solicitud/", content=b"x" * (12 * 1024 * 1024 + 1)), 413)
        until_refused(browser, "GET", "/fidelizacion/", 2000)
        assert "Espere un minuto" in the_page(browser.get("/fidelizacion/"), 429).get_text()
        style = browser.get("/avisos/estilo.css")
    assert (style.status_code, style.headers["Content-Type"]) == (200, "text/css")
    assert "--brand" in style.text


@pytest.mark.parametrize(
    ("method", "path", "cookie", "status"),
    [
        ("GET", "/fidelizacion/", "a" * 40_000, 400),
        ("GET", "/" + "a" * 40_000, "", 414),
        ("TRACE", "/fidelizacion/", "", 405),
        ("GET", "/avisos/413.html", "", 404),
    ],
)
def test_r6_15_requests_that_nginx_itself_refuses_get_a_page_in_spanish(
    nginx: Nginx, method: str, path: str, cookie: str, status: int
) -> None:
    """A header that is too large, an address that is too long, TRACE, and an internal page."""
    with nginx.browser("192.0.2.53") as browser:
        the_page(browser.request(method, path, headers={"Cookie": cookie}), status)


def test_r6_15_a_network_that_may_not_see_the_desk_gets_a_page_in_spanish() -> None:
    changes = {"#allow 192.0.2.0/24;": "allow 192.0.2.0/24;", "#deny all;": "deny all;"}
    with debian_nginx(free_port(), free_port(), changes) as nginx:
        with nginx.browser("198.51.100.1") as stranger:
            assert "no se abre desde su red" in the_page(stranger.get("/admin/"), 403).get_text()
            assert stranger.get("/fidelizacion/").status_code == BAD_GATEWAY, "the portal is for everybody"
        with nginx.browser("192.0.2.54") as staff:
            assert staff.get("/admin/").status_code == BAD_GATEWAY


def test_http_at_the_port_of_https_is_sent_to_https(nginx: Nginx) -> None:
    plain = f"http://127.0.0.1:{nginx.https}/fidelizacion/ayuda/?a=b"
    answer = httpx.get(plain, headers={"Host": NAME}, trust_env=False, timeout=60)
    assert (answer.status_code, answer.headers["Location"]) == (
        301,
        f"https://{NAME}/fidelizacion/ayuda/?a=b",
    )


def test_a_portal_that_does_not_answer_has_a_page_too() -> None:
    quick = {"proxy_connect_timeout 3s;": "proxy_connect_timeout 3s; proxy_read_timeout 1s;"}
    with (
        closing(Mute()) as mute,
        debian_nginx(mute.port, free_port(), quick) as slow,
        slow.browser("192.0.2.51") as browser,
    ):
        the_page(browser.get("/fidelizacion/"), 504)


def test_maintenance_has_a_page_too() -> None:
    with (
        debian_nginx(
            free_port(), free_port(), {"location / {\n    limit": "location / {\n    return 503; limit"}
        ) as shut,
        shut.browser("192.0.2.52") as browser,
    ):
        the_page(browser.get("/fidelizacion/"), 503)


def personal_requests(browser: httpx.Client) -> list[httpx.Response]:
    """Send a token, a number and an e-mail in every part of a request that may be logged, in
    requests that fail in different ways.
    """
    referer = {"Referer": f"https://{NAME}/fidelizacion/?i={TOKEN}&q={PHONE}"}
    answers = [
        browser.get(f"{path}?i={TOKEN}&q={PHONE}&e={EMAIL}", headers=referer)
        for path in (
            "/",
            "/fidelizacion/",
            f"/{PHONE}",
            f"/fidelizacion/{TOKEN}/",
            f"/admin/{EMAIL}/",
            f"/admin/tickets/{PHONE}",
        )
    ]
    answers.append(
        browser.post(f"/fidelizacion/solicitud/?i={TOKEN}", content=b"x" * 12_582_913, headers=referer)
    )
    for path in (SIGN_IN, "/fidelizacion/", "/fidelizacion/pin/"):
        answers += [browser.post(f"{path}?i={TOKEN}&q={EMAIL}", headers=referer) for _ in range(70)]
    return answers


@pytest.fixture
def without_a_disk(nginx: Nginx) -> Iterator[None]:
    """Forbid nginx to store bodies that do not fit in memory, as a full disk would; it logs that at
    level "crit".
    """
    (nginx.folder / "body").chmod(0)
    yield
    (nginx.folder / "body").chmod(0o700)


@pytest.mark.usefixtures("without_a_disk")
def test_no_token_number_or_e_mail_is_in_any_log(nginx: Nginx) -> None:
    """R6.08: Debian's access log holds every request, and nginx's error log some of them."""
    assert "access_log" in (STOCK / "nginx.conf").read_text(encoding="utf-8")
    with nginx.browser("192.0.2.60") as browser:
        statuses = {answer.status_code for answer in personal_requests(browser)}
        kept = browser.post(f"/webhooks/sms/{PHONE}/?i={TOKEN}", content=b"x" * 1_000_000)
        plain = f"http://127.0.0.1:{nginx.http}/fidelizacion/?i={TOKEN}"
        httpx.get(plain, headers={"Host": NAME, "Referer": plain}, trust_env=False, timeout=60)
        for line in (
            f"GET /fidelizacion/?i={TOKEN} HTTP/9.1",
            f"G@T /?i={TOKEN} HTTP/1.1",
            f"{EMAIL} {PHONE}",
        ):
            refused_line(nginx, line)
    assert statuses == {BAD_GATEWAY, TOO_MANY, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
    assert kept.status_code == 500, "the body could not be kept"
    logs = nginx.logs()
    assert '"POST /admin/login" 429' in logs["portal.log"]
    assert '"GET /fidelizacion" 301' in logs["portal.log"]
    for name, text in logs.items():
        for personal in (TOKEN, PHONE, EMAIL):
            assert personal not in text, name


def refused_line(nginx: Nginx, line: str) -> None:
    """Send a request that nginx cannot parse, and read the answer to its end."""
    with (
        socket.create_connection(("127.0.0.1", nginx.https)) as plain,
        any_certificate().wrap_socket(plain) as connection,
    ):
        connection.sendall(f"{line}\r\nHost: {NAME}\r\nReferer: https://{NAME}/?i={TOKEN}\r\n\r\n".encode())
        with suppress(ssl.SSLEOFError):
            while connection.recv(4096):
                pass
