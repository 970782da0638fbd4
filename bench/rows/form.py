"""Loading the request form, by signed-in customers."""

from collections.abc import Iterator

from bench.comparison import Goal, Work, compare
from bench.figures import Line
from bench.requests import FLOOR_FORM, FORM, floor_people, get, signed_in
from bench.rounds import Clients, Server
from bench.servers import Bench
from tests.stack import Stack

EACH = 12
GOAL = Goal(times_fair=2.0)


def measure(bench: Bench) -> Iterator[Line]:
    goals = {"postgresql": GOAL, "sqlite": GOAL}
    yield from compare(bench, Work("Página de la solicitud", _of_product, 200, _of_floor, 200, goals))


def _of_product(stack: Stack) -> Clients:
    return [[get(stack.port, FORM, cookies)] * EACH for cookies in signed_in(stack)]


def _of_floor(server: Server) -> Clients:
    return [[get(server.port, FLOOR_FORM, cookies)] * EACH for cookies in floor_people(server.port)]
