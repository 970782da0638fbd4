"""Real processes refuse to start in an invalid environment, and answer invalid requests and
requests without a database.
"""

import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from demo.broker import free_port
from tests.check import PRODUCTION
from tests.slowness import Stopwatch
from tests.stack import Stack, answers, wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes]

WEB = ("gunicorn", "fidelizacion.wsgi")
WORKER = ("celery", "-A", "fidelizacion", "worker", "--concurrency", "1")
BEAT = ("celery", "-A", "fidelizacion", "beat", "--pidfile=", "--schedule={folder}/schedule")


@pytest.mark.parametrize("command", [WEB, WORKER, BEAT], ids=["web", "worker", "beat"])
def test_an_invalid_environment_ends_the_process_with_one_line_per_problem(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    environment = {
        **PRODUCTION,
        "OTP_PEPPER": "short",
        "TIME_ZONE": "Marte/Olimpo",
        "WEB_BIND": "127.0.0.1:0",
    }
    done = subprocess.run(
        [sys.executable, "-m", *(word.format(folder=tmp_path) for word in command)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    said = sorted(line for line in done.stderr.splitlines() if "fidelizacion.E" in line)
    assert [line.partition(":")[0] for line in said] == ["fidelizacion.E001", "fidelizacion.E003"]
    assert "TIME_ZONE" in said[0]
    assert "Traceback" not in done.stderr + done.stdout


def test_without_a_database_the_page_says_so_within_three_seconds(stack: Stack) -> None:
    """R4.29: the page does not show the reason, and the process keeps running."""
    port = free_port()
    environment = {
        **PRODUCTION,
        "DATABASE_URL": f"postgres://fidelizacion@127.0.0.1:{free_port()}/fidelizacion",
        "PORTAL_BASE_URL": f"http://127.0.0.1:{port}",
        "WEB_BIND": f"127.0.0.1:{port}",
        "STATIC_ROOT": stack.environment["STATIC_ROOT"],
    }
    web = subprocess.Popen([sys.executable, "-m", *WEB], env=environment, stderr=subprocess.DEVNULL)
    try:
        base = f"http://127.0.0.1:{port}"
        assert wait_for(lambda: answers(f"{base}/health/live"))
        assert httpx.get(f"{base}/health/ready", trust_env=False, timeout=60).status_code == 503
        watch = Stopwatch()
        page = httpx.get(f"{base}/admin/", cookies={"sessionid": "a" * 32}, trust_env=False, timeout=60)
        assert watch.seconds() < 3
        assert page.status_code == 503
        assert "<h1" in page.text
        assert "OperationalError" not in page.text
    finally:
        web.terminate()
        web.wait(60)


@pytest.mark.parametrize("size", [13, 100])
def test_a_client_that_sends_too_much_can_read_the_refusal(stack: Stack, size: int) -> None:
    body = bytes(size * 1024 * 1024)
    answer = httpx.post(f"{stack.base_url}/fidelizacion/", content=body, trust_env=False, timeout=60)
    assert answer.status_code == 413
    assert "<h1" in answer.text


def test_a_content_length_that_is_not_a_number_is_refused(stack: Stack) -> None:
    head = f"POST /fidelizacion/ HTTP/1.1\r\nHost: 127.0.0.1:{stack.port}\r\nContent-Length: many\r\n\r\n"
    assert raw(stack, head).startswith("HTTP/1.1 400")


def test_a_header_of_eight_kilobytes_is_refused(stack: Stack) -> None:
    """R6.17."""
    head = f"GET /fidelizacion/ HTTP/1.1\r\nHost: 127.0.0.1:{stack.port}\r\nX-Long: {'a' * 8192}\r\n\r\n"
    assert raw(stack, head)[9:12] in {"400", "431"}


def test_the_server_does_not_name_its_version(stack: Stack) -> None:
    """R6.05: with a version in the `Server` header, attackers could look up known holes."""
    answer = httpx.get(f"{stack.base_url}/fidelizacion/", trust_env=False, timeout=60)
    assert not any(character.isdigit() for character in answer.headers.get("server", ""))


def raw(stack: Stack, head: str) -> str:
    """Send bytes that no HTTP client would send, and return the beginning of the answer."""
    with socket.create_connection(("127.0.0.1", stack.port), 60) as connection:
        connection.sendall(head.encode())
        return connection.recv(4096).decode(errors="replace")
