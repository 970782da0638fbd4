"""A known and an unknown number take the same time while the SMS gateway is slow (R1.14)."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median

from bench.figures import Line, figure, mann_whitney
from bench.requests import SAMPLE_PHONE, code_request
from bench.rounds import accepted
from bench.servers import Bench

PAIRS, GATEWAY_SECONDS = 300, 3.0
KNOWN, UNKNOWN = SAMPLE_PHONE, "0960000000"
GOAL_MS = 5.0


def measure(bench: Bench) -> Iterator[Line]:
    with (
        slow_gateway() as (gateway, received_at),
        bench.product_with({"TWILIO_BASE_URL": gateway, **TWILIO}) as port,
    ):
        # Each number comes first as often as second, so that an advantage of the order cancels out
        order = [KNOWN, UNKNOWN, UNKNOWN, KNOWN] * (PAIRS // 2)
        requests = [code_request(port, phone) for phone in order]
        warm_up = [code_request(port, phone) for phone in order[:20]]
        accepted(bench.generator.run(port, [warm_up]), 302)
        result = accepted(bench.generator.run(port, [requests]), 302)
        taken: dict[str, list[float]] = {KNOWN: [], UNKNOWN: []}
        for phone, seconds in zip(order, result.latencies, strict=True):
            taken[phone].append(seconds * 1000)
        if not received_at:
            raise RuntimeError("la pasarela lenta no recibió ningún SMS: no se midió nada")
    known, unknown = median(taken[KNOWN]), median(taken[UNKNOWN])
    yield Line(
        f"Número conocido y desconocido, {PAIRS} pares, pasarela de {GATEWAY_SECONDS:.0f} s",
        f"{figure(known)} ms",
        "",
        f"{figure(unknown)} ms",
        f"diferencia {figure(abs(known - unknown))} ms, p = {figure(mann_whitney(taken[KNOWN], taken[UNKNOWN]))}",
        f"≤ {GOAL_MS:.0f} ms",
        abs(known - unknown) <= GOAL_MS,
    )


TWILIO = {
    "SMS_GATEWAY": "twilio",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "bench-" + "0" * 26,
    "TWILIO_FROM": "+15005550006",
}


@contextmanager
def slow_gateway() -> Iterator[tuple[str, list[float]]]:
    """Run a fake Twilio that answers after 3 s; yield its URL and the times of its requests."""
    received_at: list[float] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received_at.append(time.monotonic())
            self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(GATEWAY_SECONDS)
            answer = json.dumps({"sid": f"SM{len(received_at):032}"}).encode()
            self.send_response(201)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", received_at
    finally:
        server.shutdown()
        server.server_close()
