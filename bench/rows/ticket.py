"""Confirming a request until the customer sees its number; its mails leave afterwards."""

from collections.abc import Callable, Iterator
from itertools import cycle

from bench.comparison import Goal, Work, compare
from bench.figures import Line
from bench.requests import File, filled, filled_floor, floor_people, signed_in
from bench.rounds import Clients, Server
from bench.servers import Bench
from tests.stack import Stack

EACH = 6
GOALS = {"postgresql": Goal(times_fair=1.5), "sqlite": Goal(times_fair=1.5)}


def measure(bench: Bench) -> Iterator[Line]:
    work = "Solicitud confirmada, hasta el número"
    yield from compare(bench, confirmations(work, EACH, None, GOALS))


def confirmations(name: str, each: int, file: File | None, goals: dict[str, Goal]) -> Work:
    """Return the work of confirming `each` requests by each client."""
    return Work(name, of_product(each, file), 303, of_floor(each, file), 302, goals)


def of_product(each: int, file: File | None) -> Callable[[Stack], Clients]:
    """Return the function that opens and fills in the product's form for each request."""

    def requests(stack: Stack) -> Clients:
        people = signed_in(stack)
        clients: list[list[bytes]] = [[] for _ in people]
        for of_client, cookies in zip(cycle(clients), people * each, strict=False):
            of_client.append(filled(stack, cookies, file))
        return clients

    return requests


def of_floor(each: int, file: File | None) -> Callable[[Server], Clients]:
    """Return the function that fills in a floor's form. The key is invented, so that no page has to
    be loaded.
    """

    def requests(server: Server) -> Clients:
        people = floor_people(server.port)
        return [[filled_floor(server.port, cookies, file) for _ in range(each)] for cookies in people]

    return requests
