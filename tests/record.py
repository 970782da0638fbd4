"""Writes what a run really did - engine, version, tests executed - for the runner to compare."""

import json
import os
from pathlib import Path

import pytest

SERVER = "server"
FIGURES = "figures"  # a line that a long test has to say, shown at the end


class Record:
    """What one run executed, and the database that answered it."""

    def __init__(self) -> None:
        self.tests: set[str] = set()
        self.server = "?"
        self.figures: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Counts a test whose body ran, whatever came of it."""
        if report.when == "call":
            self.figures += [str(value) for name, value in report.user_properties if name == FIGURES]
        if report.when == "call" and not report.skipped:
            self.tests.add(report.nodeid)
            self.server = str(dict(report.user_properties).get(SERVER, self.server))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.figures:
            terminalreporter.section("figures")
            terminalreporter.write("\n".join([*self.figures, ""]))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Under xdist only the controller writes: the reports of all workers pass through it."""
        target = os.environ.get("TEST_RECORD")
        if target and not hasattr(session.config, "workerinput"):
            record = {"server": self.server, "tests": sorted(self.tests)}
            Path(target).write_text(json.dumps(record), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Record(), "record-of-the-run")
