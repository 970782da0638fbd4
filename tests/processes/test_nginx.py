"""The example for nginx, as it stands: nobody's header comes in by the public listener (R2.03)."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from fidelizacion.demo.broker import free_port
from tests.conformance.project import BASE
from tests.processes.spoofs import MSISDN, PAST_THE_PIN, PIN, SPELLINGS, enter, web
from tests.servers import wait_for_port
from tests.stack import Stack, wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes]

EXAMPLE = BASE / "deploy" / "nginx.conf"
TLS = ("ssl_certificate ", "ssl_certificate_key ")
AROUND = """
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{example}
}}
"""


@dataclass(frozen=True)
class Listeners:
    public: int
    operator: int
    log: Path  # of requests


@pytest.fixture(scope="module")
def nginx(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listeners]:
    """The example, with the addresses of this machine in place of its own and without TLS."""
    binary = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if binary is None:
        absent = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        absent("skipped: nginx no está instalado (apt install nginx-light)")
    folder = tmp_path_factory.mktemp("nginx")
    listeners = Listeners(free_port(), free_port(), folder / "access.log")
    with web(stack, "127.0.0.2/32", "127.0.0.1/32") as portal:
        configuration = folder / "nginx.conf"
        configuration.write_text(
            AROUND.format(folder=folder, example=_here(folder, portal, listeners)), encoding="utf-8"
        )
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen([binary, "-e", folder / "error.log", "-c", configuration], stderr=log)
        try:
            wait_for_port(listeners.public, process, folder / "log")
            yield listeners
        finally:
            process.terminate()
            process.wait(15)


def _here(folder: Path, portal: int, listeners: Listeners) -> str:
    changes = {
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{portal};",
        "/var/log/nginx/portal.log": str(folder / "access.log"),
        "listen 443 ssl;": f"listen 127.0.0.1:{listeners.public};",
        "listen 10.9.0.10:443 ssl;": f"listen 127.0.0.1:{listeners.operator};",
        "allow 10.9.0.0/24;": "allow 127.0.0.1;",
    }
    text = EXAMPLE.read_text(encoding="utf-8")
    for theirs, ours in changes.items():
        assert text.count(theirs) == 1, theirs
        text = text.replace(theirs, ours)
    return "\n".join(line for line in text.splitlines() if not line.strip().startswith(TLS))


@pytest.mark.parametrize("lines", [lines for lines, _ in SPELLINGS])
def test_by_the_public_listener_no_spelling_skips_the_pin(nginx: Listeners, lines: list[str]) -> None:
    assert enter(nginx.public, lines) == PIN


@pytest.mark.parametrize(("lines", "genuine"), SPELLINGS)
def test_by_the_operators_listener_the_header_itself_does(nginx: Listeners, lines: list[str], genuine: bool) -> None:
    assert enter(nginx.operator, lines) == (PAST_THE_PIN if genuine else PIN)


def test_nobody_is_let_in_for_saying_that_a_gateway_brought_him(nginx: Listeners) -> None:
    """R2.02: by the public listener the visitor's address is the socket's, whatever he says."""
    said = [f"X-MSISDN: {MSISDN}", "X-Forwarded-For: 100.64.3.2, 127.0.0.2", "Forwarded: for=100.64.3.2"]
    assert enter(nginx.public, said) == PIN


def test_the_token_of_a_link_is_in_no_log_of_requests(nginx: Listeners) -> None:
    """R6.08: it stands in the address, and a browser repeats that when it asks for what the page needs."""
    link = f"http://127.0.0.1:{nginx.public}/fidelizacion/?i=bcdfghjkmnpqrstvwxyz"
    assert httpx.get(link, headers={"Referer": link}, trust_env=False).status_code == 200
    logged = wait_for(lambda: nginx.log.read_text(encoding="utf-8"))
    assert '"GET /fidelizacion/" 200' in logged
    assert "bcdfghjk" not in logged


def test_the_documentation_points_to_the_example() -> None:
    told = (BASE / "docs" / "network-identity.md").read_text(encoding="utf-8")
    assert "deploy/nginx.conf" in told
    assert Path("deploy/nginx.conf") == EXAMPLE.relative_to(BASE)
