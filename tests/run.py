"""`make test`: run the whole suite on SQLite and on PostgreSQL, and check that both executed the
same tests.

python -m tests.run [arguments for pytest]
python -m tests.run --unit      # `make test-unit`: the quick part, on SQLite
"""

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.servers import postgresql, postgresql_binaries

BASE = Path(__file__).resolve().parent.parent
RECORDS = BASE / "var" / "test-runs"
# Each worker has a separate database. tests/conftest.py makes the groups and their order. There is
# one worker more than processors, since the tests of real processes mostly wait.
WORKERS = min(4, (os.cpu_count() or 1) + 1)
IN_PARALLEL = ("--numprocesses", str(WORKERS), "--dist", "loadgroup", "--no-loadscope-reorder")


UNIT = (
    "-m",
    "not (processes or loopback or thorough or prove)",
    "--numprocesses",
    str(min(4, os.cpu_count() or 1)),
)
# Variables that name the developer's servers; and one that would make each worker compile every
# test again
REMOVED_VARIABLES = {"DATABASE_URL", "REDIS_URL", "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True)
class Run:
    """The result of one run, with the server and tests that its record names."""

    engine: str
    status: int
    seconds: float
    server: str
    tests: frozenset[str]


def main(arguments: list[str]) -> int:
    """Run the suite on each installed engine; return 0 when all passed the same tests, else 1."""
    if arguments[:1] == ["--unit"]:
        return run("sqlite", "", [*UNIT, *arguments[1:]]).status
    runs = [run("sqlite", "", arguments)]
    binaries = postgresql_binaries()
    if binaries is None:
        say("skipped: PostgreSQL no está instalado (apt install postgresql)")
    else:
        with ExitStack() as servers:
            runs.append(
                run("postgresql", servers.enter_context(postgresql(binaries, durable=False)), arguments)
            )
    problems = [*judge(runs)]
    if binaries is None and os.environ.get("CI") == "true":
        problems.append("con CI=true las pruebas en PostgreSQL son obligatorias")
    summary(runs, problems)
    return 1 if problems else 0


def run(engine: str, database_url: str, arguments: list[str]) -> Run:
    """Run the suite once on one engine."""
    # The process id is in the name, so that two runs in one clone do not overwrite each other
    record = RECORDS / f"{engine}-{os.getpid()}.json"
    RECORDS.mkdir(parents=True, exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if name not in REMOVED_VARIABLES}
    # Set explicitly, since importing the project has set DJANGO_SETTINGS_MODULE to the product's
    environment |= {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "TEST_ENGINE": engine,
        "TEST_RECORD": str(record),
    }
    if database_url:
        environment["DATABASE_URL"] = database_url
    say(f"— {engine} —")
    started = time.monotonic()
    command = [sys.executable, "-m", "pytest", *IN_PARALLEL, *arguments]
    status = subprocess.run(command, cwd=BASE, env=environment, check=False).returncode
    written = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    if written:
        record.replace(RECORDS / f"{engine}.json")
    server, tests = written.get("server", "?"), frozenset(written.get("tests", ()))
    return Run(engine, status, time.monotonic() - started, server, tests)


def judge(runs: list[Run]) -> list[str]:
    """Return the problems of each run, and the tests that only one of the engines executed."""
    problems = [f"{run.engine}: pytest terminó con {run.status}" for run in runs if run.status]
    problems += [f"{run.engine}: no se ejecutó ninguna prueba" for run in runs if not run.tests]
    first, *others = runs
    for other in others:
        for test in sorted(first.tests ^ other.tests):
            where = first.engine if test in first.tests else other.engine
            problems.append(f"solo se ejecutó en {where}: {test}")
    return problems


def summary(runs: list[Run], problems: list[str]) -> None:
    """Print each engine's name, version and number of tests, and the problems."""
    say("")
    for run in runs:
        state = "bien" if run.status == 0 else "con fallas"
        say(f"{run.engine:<11} {len(run.tests):>5} pruebas  {run.seconds:>5.0f} s  {state}  ({run.server})")
    for problem in problems:
        say(f"! {problem}")


def say(line: str) -> None:
    """Print one line without buffering, because pytest writes to the same terminal."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
