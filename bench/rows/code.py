"""Asking for a code. Each request is a new visitor with a new session, number and address."""

from collections.abc import Iterator

from bench.figures import Line
from bench.requests import CLIENTS, any_mobile, code_request, post
from bench.rounds import accepted, in_turn, rate, share_of_floor
from bench.servers import Bench

EACH, ROUNDS = 20, 5


def measure(bench: Bench) -> Iterator[Line]:
    product, floor = bench.product(), bench.floor()

    def ours() -> list[list[bytes]]:
        return [[code_request(product.port, any_mobile()) for _ in range(EACH)] for _ in range(CLIENTS)]

    theirs = [[post(floor, "/pin/", {}, {"phone": any_mobile()})] * EACH for _ in range(CLIENTS)]
    with bench.delivery_paused(product):
        results = in_turn(
            ROUNDS,
            lambda: accepted(bench.generator.run(product.port, ours()), 302),
            lambda: accepted(bench.generator.run(floor, theirs), 302),
        )
    yield share_of_floor("Código pedido", rate(results[0]), rate(results[1]), 0.5)
