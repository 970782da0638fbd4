"""Requesting a code. Each request has a new session, a new number and a new address."""

from collections.abc import Iterator

from bench.comparison import Goal, Work, compare
from bench.figures import Line
from bench.requests import CLIENTS, any_mobile, code_request, post_to_floor
from bench.rounds import Clients, Server
from bench.servers import Bench
from tests.stack import Stack

EACH = 8


def measure(bench: Bench) -> Iterator[Line]:
    goals = {"postgresql": Goal(share_of_bare=0.6)}
    yield from compare(bench, Work("Código pedido", _of_product, 302, _of_floor, 302, goals))


def _of_product(stack: Stack) -> Clients:
    return [[code_request(stack.port, any_mobile()) for _ in range(EACH)] for _ in range(CLIENTS)]


def _of_floor(server: Server) -> Clients:
    return [
        [post_to_floor(server.port, "/pin/", {"phone": any_mobile()}) for _ in range(EACH)]
        for _ in range(CLIENTS)
    ]
