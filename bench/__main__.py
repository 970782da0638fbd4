"""`python -m bench [row,row…]`: measures the rows and prints them as a table. If no row is named,
all are measured, and the table is also written to docs/performance.md.
"""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.figures import Line
from bench.rows import ON_REQUEST, ROWS
from bench.servers import Bench
from bench.table import Terminal, write


def main(only: str) -> int:
    """Measure the rows. Return 0 if every one could be measured, even if a goal is missed."""
    asked = [name.strip() for name in only.split(",") if name.strip()]
    chosen = asked or list(ROWS)
    known = ROWS | ON_REQUEST
    if unknown := set(chosen) - set(known):
        sys.stderr.write(f"No hay filas {', '.join(sorted(unknown))}; hay {', '.join(known)}\n")
        return 2
    lines: list[Line] = []
    failed: list[str] = []
    began = time.monotonic()
    terminal = Terminal()
    with Bench(**_options(os.environ), asked=frozenset(asked)) as bench:
        for name in chosen:
            try:
                lines.extend(terminal.measuring(name, known[name](bench)))
            except Exception as problem:  # noqa: BLE001  the other rows are still measured
                failed.append(name)
                terminal.say(f"{name}: {type(problem).__name__}: {problem}")
    seconds = time.monotonic() - began
    terminal.table(lines, seconds)
    if not failed and chosen == list(ROWS):
        write(lines, seconds)
    return 1 if failed else 0


def _options(variables: Mapping[str, str]) -> dict[str, Any]:
    """Read ENGINE (postgresql, sqlite or both), and BASELINE, the folder of another version."""
    engines = tuple(name for name in variables.get("ENGINE", "").split(",") if name)
    baseline = variables.get("BASELINE", "")
    return {
        **({"engines": engines} if engines else {}),
        **({"baseline": Path(baseline).resolve(strict=True)} if baseline else {}),
    }


if __name__ == "__main__":
    # Some rows call the product's code in this process; it uses neither database nor network
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    sys.exit(main(os.environ.get("ONLY", "") or ",".join(sys.argv[1:])))
