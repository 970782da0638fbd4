"""The desk's pages, as a supervisor opens them, with 10,000 tickets and with a million.

The million is measured only if the command names the row, because filling the database takes
minutes.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from urllib.parse import urlencode

from bench import processor
from bench.desk_rows import Seed
from bench.desk_seed import seed
from bench.figures import Line, figure, milliseconds, percentile
from bench.load import LoadGenerator
from bench.requests import get
from bench.rounds import ROUNDS, Server
from bench.servers import Bench
from tests.stack import BASE, Stack

FEW, MANY = 10_000, 1_000_000
MAX_REQUESTS = 12  # of a page in each round
# Seconds spent on each page in each round, if the row is named and otherwise: a slow page is
# requested less often
SECONDS_IF_NAMED, SECONDS = 1.5, 0.5
TICKETS, MESSAGES = "/admin/tickets/ticket/", "/admin/notifications/message/"
COMPANIES = "/admin/companies/company/"
# Seconds at p95 with a million tickets
GOALS = {
    "Lista de solicitudes": 0.06,
    "Buscar por número de ticket": 0.05,
    "Buscar por teléfono": 0.05,
    "Buscar por RUC": 0.05,
    "Buscar por correo": 0.05,
    "Buscar por dos palabras de la empresa": 0.08,
    "Buscar por una palabra frecuente": 0.08,
    "Inicio de la supervisora": 0.15,
    "Ticket con historial largo": 0.15,
    "Mensajes por correo": 0.05,
    "Empresas por parte del nombre": 0.08,
}


@dataclass
class Page:
    """A page of the desk, and what was measured. `status` is the highest one of its answers."""

    request: bytes
    times: int = 1
    status: int = 200
    latencies: list[float] = field(default_factory=list)
    web_ms: list[float] = field(default_factory=list)  # processor time per request
    database_ms: list[float] = field(default_factory=list)

    def measure(self, generator: LoadGenerator, server: Server) -> None:
        web, database = processor.seconds(server.web), processor.seconds(server.database)
        result = generator.run(server.port, [[self.request] * self.times])
        self.web_ms.append((processor.seconds(server.web) - web) * 1000 / self.times)
        self.database_ms.append((processor.seconds(server.database) - database) * 1000 / self.times)
        self.status = max(self.status, *result.statuses)
        self.latencies += result.latencies

    @property
    def p95(self) -> float:
        return percentile(self.latencies, 95)

    def __str__(self) -> str:
        failed = f"respuesta {self.status}; " if self.status != 200 else ""
        spent = f"{figure(median(self.web_ms))} + {figure(median(self.database_ms))}"
        return f"{failed}{milliseconds(self.p95)}; {spent} ms"


def measure(bench: Bench) -> Iterator[Line]:
    stack = bench.extra_product("desk")
    few = _measured(bench, stack, seed(stack.environment["DATABASE_URL"], FEW))
    many: dict[str, Page] = {}
    if bench.is_asked_for("desk"):
        many = _measured(bench, stack, seed(stack.environment["DATABASE_URL"], MANY))
    for name, goal in GOALS.items():
        small, large = few[name], many.get(name)
        yield Line(
            f"{name}, p95",
            str(large or ""),
            "",
            str(small),
            f"{figure(large.p95 / small.p95)} veces" if large else "",
            f"≤ {milliseconds(goal)}",
            large.p95 <= goal and large.status == 200 if large else None,
        )


def _measured(bench: Bench, stack: Stack, rows: Seed) -> dict[str, Page]:
    """Measure each page with one client, the pages in alternation."""
    name, value = _sign_in(stack, rows.supervisor)
    server = bench.server(stack, "postgresql")
    pages = {page: Page(get(stack.port, path, {name: value})) for page, path in _paths(rows).items()}
    seconds = SECONDS_IF_NAMED if bench.is_asked_for("desk") else SECONDS
    with bench.delivery_paused(stack):
        for page in pages.values():
            for _ in range(2):  # each web process may need to warm up
                page.measure(bench.generator, server)
            page.times = max(1, min(MAX_REQUESTS, int(seconds / min(page.latencies))))
            for kept in (page.latencies, page.web_ms, page.database_ms):
                kept.clear()
        for _ in range(ROUNDS):
            for page in pages.values():
                page.measure(bench.generator, server)
    return pages


def _sign_in(stack: Stack, username: str) -> tuple[str, str]:
    command = [sys.executable, "-m", "bench.staff_session", username]
    done = subprocess.run(
        command, cwd=BASE, env=stack.environment, check=True, capture_output=True, text=True
    )
    name, _, value = done.stdout.strip().partition("=")
    return name, value


def _paths(rows: Seed) -> dict[str, str]:
    number = rows.last_company + rows.some_company
    email = f"compras{number}@empresa.example"

    def search(path: str, term: str) -> str:
        return f"{path}?{urlencode({'q': term})}"

    return {
        "Lista de solicitudes": TICKETS,
        "Buscar por número de ticket": search(TICKETS, str(rows.some_ticket)),
        "Buscar por teléfono": search(TICKETS, f"09{number + 10_000_000:08}"),
        "Buscar por RUC": search(TICKETS, f"88{number:08}001"),
        "Buscar por correo": search(TICKETS, email),
        "Buscar por dos palabras de la empresa": search(TICKETS, "zaruma porvenir"),
        "Buscar por una palabra frecuente": search(TICKETS, "porvenir"),
        "Inicio de la supervisora": "/admin/",
        "Ticket con historial largo": f"{TICKETS}{rows.long_ticket}/change/",
        "Mensajes por correo": search(MESSAGES, email),
        "Empresas por parte del nombre": search(COMPANIES, "zaruma porvenir"),
    }
