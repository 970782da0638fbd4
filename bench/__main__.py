"""python -m bench [row,row…]: measures, prints the table, and after a whole run writes
docs/performance.md.
"""

import os
import sys
import time

from bench.figures import Line
from bench.rows import ROWS
from bench.servers import Bench
from bench.table import Printed, write


def main(only: str) -> int:
    """Zero when every row could be measured: a goal that is missed is told, and decides nothing."""
    chosen = [name.strip() for name in only.split(",") if name.strip()] or list(ROWS)
    if unknown := set(chosen) - set(ROWS):
        sys.stderr.write(f"No hay filas {', '.join(sorted(unknown))}; hay {', '.join(ROWS)}\n")
        return 2
    lines: list[Line] = []
    failed: list[str] = []
    began = time.monotonic()
    with Printed() as printed, Bench() as bench:
        for name in chosen:
            try:
                lines.extend(printed.measuring(name, ROWS[name](bench)))
            except Exception as problem:  # noqa: BLE001  one row that cannot be measured does not cost the others
                failed.append(name)
                printed.say(f"{name}: {type(problem).__name__}: {problem}")
    seconds = time.monotonic() - began
    printed.table(lines, seconds)
    if not failed and len(chosen) == len(ROWS):
        write(lines, seconds)
    return 1 if failed else 0


if __name__ == "__main__":
    # So that the product's own code can be asked in this process: it is given no database and no
    # network
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    sys.exit(main(os.environ.get("ONLY", "") or ",".join(sys.argv[1:])))
