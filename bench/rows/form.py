"""The request form, read again and again by people who are signed in."""

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
    shots = in_turn(
        ROUNDS,
        lambda: accepted(bench.gun.fire(product.port, ours), 200),
        lambda: accepted(bench.gun.fire(floor, theirs), 200),
    )
    yield share_of_floor("Página de la solicitud", rate(shots[0]), rate(shots[1]), 0.5)
