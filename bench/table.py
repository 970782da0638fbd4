"""The table: on the terminal while it grows, and in docs/performance.md with the commit and the
machine.
"""

import os
import platform
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import django
from rich.console import Console
from rich.table import Table

from bench.figures import Line
from tests.stack import BASE

DOCUMENT = BASE / "docs" / "performance.md"
BEGIN, END = "<!-- make bench -->", "<!-- fin -->"
HEAD = ("Qué", "El producto", "El suelo", "Razón", "Meta", "")
MARKS = {True: "✓", False: "✗", None: ""}


class Printed:
    """Says what is being measured, and prints what came of it."""

    def __init__(self) -> None:
        self.console = Console()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to end."""

    def measuring(self, name: str, lines: Iterator[Line]) -> Iterator[Line]:
        began = time.monotonic()
        with self.console.status(f"Midiendo: {name}…"):
            yield from lines
        self.say(f"{name} medido en {time.monotonic() - began:.0f} s")

    def say(self, words: str) -> None:
        self.console.print(words, highlight=False)

    def table(self, lines: Sequence[Line], seconds: float) -> None:
        table = Table(*HEAD, show_lines=True)
        for line in lines:
            table.add_row(*cells(line), style="" if line.holds is not False else "yellow")
        self.console.print(table)
        self.say(f"{machine()}, {commit()}, {seconds:.0f} s")


def cells(line: Line) -> tuple[str, ...]:
    return line.work, line.product, line.floor, line.ratio, line.goal, MARKS[line.holds]


def write(lines: Sequence[Line], seconds: float, path: Path = DOCUMENT) -> None:
    """Replace the table in the document; the words around it stay."""
    rows = ["| " + " | ".join(row) + " |" for row in (HEAD, ("---",) * len(HEAD), *map(cells, lines))]
    when = time.strftime("%Y-%m-%d")
    words = f"Medido el {when} en {seconds:.0f} s, {commit()}, {machine()}."
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    path.write_text(
        "\n".join([f"{before}{BEGIN}", "", words, "", *rows, "", f"{END}{after}"]), encoding="utf-8"
    )


def commit() -> str:
    """The commit at hand, and whether the tree differs from it."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty=-con-cambios"],
        cwd=BASE,
        capture_output=True,
        text=True,
        check=False,
    )
    return f"versión {described.stdout.strip() or 'sin git'}"


def machine() -> str:
    versions = f"Python {platform.python_version()}, Django {django.__version__}"
    return f"{os.cpu_count()} núcleos {platform.machine()}, {versions}"
