"""The desk runs in separate processes, so that guessing passwords there does not block customers
(S2).
"""

import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from demo.broker import free_port
from tests.conformance.project import BASE
from tests.processes.debian_nginx import Nginx, any_certificate, debian_nginx
from tests.processes.spoofs import TOKEN
from tests.stack import Stack, answers, wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes]

# staff/lockout.py lets a process compare one stranger's password at a time, so one thread is enough
# to saturate it
THREADS = 1
# Comparing a password with this hash takes minutes, inside hashlib as with any other
CREATE_COSTLY_USER = """
import django; django.setup()
from django.contrib.auth import get_user_model
costly = "pbkdf2_sha256$2000000000$salt$" + "A" * 43 + "="
get_user_model().objects.create(username="costly", password=costly, is_staff=True)
"""
DELETE_COSTLY_USER = """
import django; django.setup()
from django.contrib.auth import get_user_model
get_user_model().objects.filter(username="costly").delete()
"""
TICKS_OF_A_PASSWORD = 100  # clock ticks: a second of processor time, far more than a page takes


@contextmanager
def desk(stack: Stack) -> Iterator[tuple[int, int]]:
    """Run the desk as docs/nginx.md starts it; return its port and the process id of its only
    worker.
    """
    port = free_port()
    bound = {"WEB_BIND": f"127.0.0.1:{port}", "WEB_CONCURRENCY": "1", "WEB_THREADS": str(THREADS)}
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "fidelizacion.wsgi"]
    process = subprocess.Popen(command, cwd=BASE, env={**stack.environment, **bound}, start_new_session=True)
    try:
        assert wait_for(lambda: answers(f"http://127.0.0.1:{port}/health/live"), 60)
        [worker] = (
            Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
        )
        yield port, int(worker)
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # a thread inside hashlib does not react to SIGTERM
        process.wait(60)


@pytest.fixture
def _costly_user(stack: Stack) -> Iterator[None]:
    environment = {**stack.environment, "DJANGO_SETTINGS_MODULE": "fidelizacion.settings"}
    subprocess.run([sys.executable, "-c", CREATE_COSTLY_USER], cwd=BASE, env=environment, check=True)
    yield
    subprocess.run([sys.executable, "-c", DELETE_COSTLY_USER], cwd=BASE, env=environment, check=True)


def busy_threads(worker: int) -> int:
    """Return how many threads have used more processor time than any page takes."""
    stats = [path.read_text(encoding="ascii") for path in Path(f"/proc/{worker}/task").glob("*/stat")]
    return sum(int(stat.rpartition(")")[2].split()[11]) > TICKS_OF_A_PASSWORD for stat in stats)


def sign_in_and_wait(nginx: Nginx) -> ssl.SSLSocket:
    """Post a guess at the costly password, and return the connection without reading an answer."""
    with httpx.Client(
        base_url=f"https://127.0.0.1:{nginx.https}", verify=any_certificate(), trust_env=False
    ) as browser:
        page = browser.get("/admin/login/")
        token = TOKEN.search(page.text)
        assert token, page.text[:300]
        cookie = f"csrftoken={browser.cookies['csrftoken']}"
    body = urlencode({"csrfmiddlewaretoken": token[1], "username": "costly", "password": "not this one"})
    head = [
        "POST /admin/login/ HTTP/1.1",
        f"Host: 127.0.0.1:{nginx.https}",
        f"Cookie: {cookie}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
    ]
    connection = any_certificate().wrap_socket(socket.create_connection(("127.0.0.1", nginx.https), 60))
    connection.sendall("\r\n".join([*head, "", body]).encode())
    return connection


def has_answer(connection: ssl.SSLSocket) -> bool:
    """Whether a byte of an answer has come. Polling the socket cannot tell, because it may be TLS
    data.
    """
    connection.settimeout(0)
    try:
        return bool(connection.recv(1))
    except ssl.SSLWantReadError:
        return False


@pytest.mark.usefixtures("_costly_user")
def test_s2_the_portal_answers_while_every_thread_of_the_desk_checks_a_password(stack: Stack) -> None:
    with desk(stack) as (port, worker), debian_nginx(stack.port, port) as nginx, ExitStack() as waiting:
        tries = [waiting.enter_context(sign_in_and_wait(nginx)) for _ in range(THREADS)]
        assert wait_for(lambda: busy_threads(worker) == THREADS, 120), "the desk is not saturated"
        for path in ("/fidelizacion/", "/fidelizacion/ayuda/", "/health/ready"):
            answer = httpx.get(
                f"https://127.0.0.1:{nginx.https}{path}",
                verify=any_certificate(),
                trust_env=False,
                timeout=60,
            )
            assert answer.status_code == 200, path
        assert not any(has_answer(connection) for connection in tries), (
            "the desk answered: it was not saturated"
        )


def test_without_separate_processes_the_portals_processes_serve_the_desk(stack: Stack) -> None:
    with debian_nginx(stack.port, free_port()) as nginx:
        login = f"https://127.0.0.1:{nginx.https}/admin/login/"
        assert httpx.get(login, verify=any_certificate(), trust_env=False, timeout=60).status_code == 200
