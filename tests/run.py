"""`make test`: the whole suite on SQLite and again on PostgreSQL, and the proof that both runs were
the same tests.

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
# Each worker has a database of its own. tests/conftest.py makes the groups and their order. One
# worker more than there are processors, since the tests of real processes mostly wait.
WORKERS = min(4, (os.cpu_count() or 1) + 1)
IN_PARALLEL = ("--numprocesses", str(WORKERS), "--dist", "loadgroup", "--no-loadscope-reorder")


UNIT = (
    "-m",
    "not (processes or loopback or thorough or prove)",
    "--numprocesses",
    str(min(4, os.cpu_count() or 1)),
)
# What names servers of others; and what would have each worker compile every test anew
NOT_TAKEN = {"DATABASE_URL", "REDIS_URL", "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True)
class Run:
    """What a run did, as it wrote it down itself."""

    engine: str
    status: int
    seconds: float
    server: str
    tests: frozenset[str]


def main(arguments: list[str]) -> int:
    """Zero when every engine there is passed the same tests."""
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
    """The suite, once, on one engine."""
    # By process, so that two runs in one clone do not mix
    record = RECORDS / f"{engine}-{os.getpid()}.json"
    RECORDS.mkdir(parents=True, exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if name not in NOT_TAKEN}
    # Named here, since importing the project has set the variable to the product's own settings
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
    """What is wrong with the runs, alone and together."""
    problems = [f"{run.engine}: pytest terminó con {run.status}" for run in runs if run.status]
    problems += [f"{run.engine}: no se ejecutó ninguna prueba" for run in runs if not run.tests]
    first, *others = runs
    for other in others:
        for test in sorted(first.tests ^ other.tests):
            where = first.engine if test in first.tests else other.engine
            problems.append(f"solo se ejecutó en {where}: {test}")
    return problems


def summary(runs: list[Run], problems: list[str]) -> None:
    """Both engines by name and version, and how many tests each ran."""
    say("")
    for run in runs:
        state = "bien" if run.status == 0 else "con fallas"
        say(f"{run.engine:<11} {len(run.tests):>5} pruebas  {run.seconds:>5.0f} s  {state}  ({run.server})")
    for problem in problems:
        say(f"! {problem}")


def say(line: str) -> None:
    """One line, at once: pytest writes to the same place."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
