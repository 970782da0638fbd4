"""Draws the load curves as docs/load.svg, and writes their values as a table into the document."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log2, log10
from pathlib import Path
from xml.sax.saxutils import escape

from bench.figures import figure
from bench.table import DOCUMENT, replace_between

PICTURE = DOCUMENT.with_name("load.svg")
BEGIN, END = "<!-- load curve -->", "<!-- end of load curve -->"
WIDTH, PANEL, LEFT, TOP, GAP = 640, 200, 64, 68, 72
COLOURS = ("#0b5c6b", "#a3470f")
DASHES = ("none", "7 4")  # for people who cannot tell the colours apart


@dataclass(frozen=True)
class Curve:
    """One kind of request: for each number of clients, responses per second and p95."""

    name: str
    clients: tuple[int, ...]
    rates: tuple[float, ...]
    p95_ms: tuple[float, ...]
    cores: tuple[str, ...]


def write(curves: Sequence[Curve], measured: str, picture: Path = PICTURE, document: Path = DOCUMENT) -> None:
    """Write the picture, and the table that says the same in text."""
    picture.write_text(draw(curves), encoding="utf-8")
    rows = ["| Qué | clientes | respuestas/s | p95 | núcleos en uso |", "|---|---|---|---|---|"]
    for curve in curves:
        for values in zip(curve.clients, curve.rates, curve.p95_ms, curve.cores, strict=True):
            clients, rate, p95, cores = values
            rows.append(f"| {curve.name} | {clients} | {figure(rate)} | {figure(p95)} ms | {cores} |")
    text = [
        f"![{_summary(curves)}]({picture.name})",
        "",
        f"Medido con {measured}.",
        "",
        *rows,
    ]
    replace_between(document, BEGIN, END, text)


def draw(curves: Sequence[Curve]) -> str:
    """Return an SVG with two panels over the number of clients, on a scale of powers of two."""
    height = TOP + 2 * (PANEL + GAP)
    legend = "".join(_legend(index, curve.name) for index, curve in enumerate(curves))
    panels = _panel(TOP, "respuestas por segundo", [(curve.clients, curve.rates) for curve in curves])
    panels += _panel(
        TOP + PANEL + GAP, "p95, milisegundos", [(curve.clients, curve.p95_ms) for curve in curves]
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        ' aria-labelledby="titulo descripcion" font-family="system-ui, sans-serif" font-size="13">\n'
        '<title id="titulo">Curva de carga</title>\n'
        f'<desc id="descripcion">{escape(_summary(curves))}</desc>\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>\n{legend}{panels}</svg>\n'
    )


def _legend(index: int, name: str) -> str:
    x = LEFT + index * 260
    return (
        f'<path d="M{x} 20h32" stroke="{COLOURS[index]}" stroke-width="3" stroke-dasharray="{DASHES[index]}"/>'
        f'<text x="{x + 40}" y="24" fill="#17202a">{escape(name)}</text>\n'
    )


def _panel(top: int, label: str, lines: Sequence[tuple[Sequence[int], Sequence[float]]]) -> str:
    most = _round_up(max(max(values) for _, values in lines))
    last = max(max(clients) for clients, _ in lines)
    parts = [f'<text x="{LEFT}" y="{top - 8}" fill="#4a5766">{escape(label)}</text>']
    for share in (0.0, 0.5, 1.0):
        y = top + PANEL * (1 - share)
        parts.append(f'<path d="M{LEFT} {y:.0f}H{WIDTH - 16}" stroke="#cfd6de"/>')
        parts.append(
            f'<text x="{LEFT - 8}" y="{y + 4:.0f}" text-anchor="end" fill="#4a5766">{most * share:g}</text>'
        )
    parts += [
        f'<text x="{_x(clients, last):.0f}" y="{top + PANEL + 20}" text-anchor="middle" fill="#4a5766">'
        f"{clients}</text>"
        for clients in lines[0][0]
    ]
    parts.append(
        f'<text x="{WIDTH - 16}" y="{top + PANEL + 38}" text-anchor="end" fill="#4a5766">clientes a la vez</text>'
    )
    for index, (numbers, values) in enumerate(lines):
        points = [
            (_x(clients, last), top + PANEL * (1 - value / most))
            for clients, value in zip(numbers, values, strict=True)
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{COLOURS[index]}" stroke-width="3"'
            f' stroke-dasharray="{DASHES[index]}"/>'
        )
    return "\n".join(parts) + "\n"


def _round_up(value: float) -> float:
    """Return the end of an axis: 1, 2, 4, 5 or 10 times a power of ten."""
    power = 10 ** floor(log10(value))
    return float(next(times * power for times in (1, 2, 4, 5, 10) if times * power >= value))


def _x(clients: int, last: int) -> float:
    return LEFT + 16 + (WIDTH - LEFT - 48) * log2(clients) / max(1.0, log2(last))


def _summary(curves: Sequence[Curve]) -> str:
    parts = []
    for curve in curves:
        best = max(range(len(curve.rates)), key=lambda step: curve.rates[step])
        parts.append(
            f"{curve.name}: {figure(curve.rates[0])} por segundo con {curve.clients[0]} cliente, "
            f"{figure(curve.rates[best])} con {curve.clients[best]} y {figure(curve.rates[-1])} con "
            f"{curve.clients[-1]}, con p95 de {figure(curve.p95_ms[0])} a {figure(curve.p95_ms[-1])} ms"
        )
    return "; ".join(parts)
