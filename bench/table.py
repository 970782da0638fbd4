"""Prints the table, and writes it to docs/performance.md with the commit and the machine."""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import django
from rich.console import Console
from rich.table import Column, Table

from bench.figures import Line
from tests.stack import BASE

DOCUMENT = BASE / "docs" / "performance.md"
BEGIN, END = "<!-- make bench -->", "<!-- fin -->"
HEAD = ("Qué", "El producto", "Suelo justo", "Suelo desnudo", "Razón", "Meta", "")
MARKS = {True: "✓", False: "✗", None: ""}


class Terminal:
    """Shows which row is being measured, and prints the table."""

    def __init__(self) -> None:
        self.console = Console(width=None if sys.stdout.isatty() else 200)

    def measuring(self, name: str, lines: Iterator[Line]) -> Iterator[Line]:
        began = time.monotonic()
        with self.console.status(f"Midiendo: {name}…"):
            yield from lines
        self.say(f"{name} medido en {time.monotonic() - began:.0f} s")

    def say(self, line: str) -> None:
        self.console.print(line, highlight=False)

    def table(self, lines: Sequence[Line], seconds: float) -> None:
        table = Table(*(Column(name, overflow="fold") for name in HEAD), show_lines=True)
        for line in lines:
            table.add_row(*cells(line), style="" if line.holds is not False else "yellow")
        self.console.print(table)
        self.say(f"{machine()}, {commit()}, {seconds:.0f} s")


def cells(line: Line) -> tuple[str, ...]:
    return line.work, line.product, line.fair, line.bare, line.ratio, line.goal, MARKS[line.holds]


def write(lines: Sequence[Line], seconds: float, path: Path = DOCUMENT) -> None:
    """Replace the table in the document; the text around it stays."""
    rows = ["| " + " | ".join(row) + " |" for row in (HEAD, ("---",) * len(HEAD), *map(cells, lines))]
    date = time.strftime("%Y-%m-%d")
    measured = f"Medido el {date} en {seconds:.0f} s, {commit()}, {machine()}."
    replace_between(path, BEGIN, END, [measured, "", *rows])


def replace_between(path: Path, begin: str, end: str, lines: Sequence[str]) -> None:
    """Replace the lines between two marks of a document."""
    before, _, rest = path.read_text(encoding="utf-8").partition(begin)
    after = rest.partition(end)[2]
    path.write_text("\n".join([f"{before}{begin}", "", *lines, "", f"{end}{after}"]), encoding="utf-8")


def commit() -> str:
    """Describe the current commit, and whether the tree differs from it."""
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
