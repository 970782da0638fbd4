"""Loading the request form, by signed-in customers."""

from collections.abc import Iterator

from bench.figures import Line
from bench.requests import CLIENTS, FLOOR_FORM, FORM, floor_cookies, get, signed_in
from bench.rounds import accepted, in_turn, rate, share_of_floor
from bench.servers import Bench

EACH, ROUNDS = 24, 5


def measure(bench: Bench) -> Iterator[Line]:
    product, floor = bench.product(), bench.floor()
    ours = [[get(product.port, FORM, cookies)] * EACH for cookies in signed_in(product)]
    theirs = [[get(floor, FLOOR_FORM, floor_cookies(floor))] * EACH for _ in range(CLIENTS)]
    results = in_turn(
        ROUNDS,
        lambda: accepted(bench.generator.run(product.port, ours), 200),
        lambda: accepted(bench.generator.run(floor, theirs), 200),
    )
    yield share_of_floor("Página de la solicitud", rate(results[0]), rate(results[1]), 0.5)
