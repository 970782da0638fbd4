"""A code asked for, by people who were never there: each a new session, a number and an address of
its own.
"""

from collections.abc import Iterator

from bench.figures import Line
from bench.requests import CLIENTS, any_mobile, asking, post
from bench.rounds import accepted, in_turn, rate, share_of_floor
from bench.servers import Bench

EACH, ROUNDS = 20, 5


def measure(bench: Bench) -> Iterator[Line]:
    product, floor = bench.product(), bench.floor()

    def ours() -> list[list[bytes]]:
        return [[asking(product.port, any_mobile()) for _ in range(EACH)] for _ in range(CLIENTS)]

    theirs = [[post(floor, "/pin/", {}, {"phone": any_mobile()})] * EACH for _ in range(CLIENTS)]
    with bench.nobody_delivers(product):
        shots = in_turn(
            ROUNDS,
            lambda: accepted(bench.gun.fire(product.port, ours()), 302),
            lambda: accepted(bench.gun.fire(floor, theirs), 302),
        )
    yield share_of_floor("Código pedido", rate(shots[0]), rate(shots[1]), 0.5)
