"""The memory of a web process after many requests, without gunicorn's renewal of processes."""

import secrets
from collections.abc import Iterator

from bench.figures import Line, figure
from bench.processor import children, resident_bytes
from bench.requests import CLIENTS, FORM, any_mobile, code_request, get, signed_in
from bench.rounds import accepted
from bench.servers import Bench, pid_of

REQUESTS_IF_NAMED, REQUESTS = 10_000, 2_000  # if the row is named in the command, and otherwise
STEPS = 5
GOAL_MB, GROWTH = 150.0, 1.05  # GROWTH: the last measurement may be 5 % above the middle one


def measure(bench: Bench) -> Iterator[Line]:
    product = bench.product()
    count = REQUESTS_IF_NAMED if bench.is_asked_for("memory") else REQUESTS
    with bench.web_process(product, "--max-requests", "0", variables={"WEB_CONCURRENCY": "1"}) as (port, web):
        people = signed_in(product)
        (worker,) = children(pid_of(web))
        held = [resident_bytes(worker) / 1e6]
        for _ in range(STEPS):
            each = count // STEPS // CLIENTS
            requests = [[_request(port, cookies, number) for number in range(each)] for cookies in people]
            accepted(bench.generator.run(port, requests), 200, 302)
            held.append(resident_bytes(worker) / 1e6)
        (still,) = children(pid_of(web))
    if still != worker:
        raise RuntimeError("el proceso web se renovó: no se midió lo que se quería")
    middle, last = held[len(held) // 2], held[-1]
    yield Line(
        f"Memoria de un proceso web tras {figure(count)} peticiones".replace(",0", ""),
        f"{figure(last)} MB (a la mitad {figure(middle)}, al empezar {figure(held[0])})",
        goal=f"≤ {GOAL_MB:.0f} MB, sin crecer",
        holds=last <= GOAL_MB and last <= middle * GROWTH,
    )


def _request(port: int, cookies: dict[str, str], number: int) -> bytes:
    """Return a request for the entry page or, for one number in ten, for the form or a code."""
    if number % 20 == 10:
        return code_request(port, any_mobile())
    if number % 10 == 0:
        return get(port, FORM, cookies)
    return get(port, f"/fidelizacion/?v={secrets.token_hex(4)}", {})
