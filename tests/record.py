"""Record the database engine, its version and the tests that a run executed; tests/run.py compares
the records.
"""

import json
import os
from pathlib import Path

import pytest

SERVER = "server"
FIGURES = "figures"  # the property whose lines are printed at the end of the run


class Record:
    """The tests that one run executed, and the database server that they used."""

    def __init__(self) -> None:
        self.tests: set[str] = set()
        self.server = "?"
        self.figures: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count each test that was executed, passed or failed."""
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
        """Write the record. Under xdist only the controller does, which receives the reports of all
        workers.
        """
        target = os.environ.get("TEST_RECORD")
        if target and not hasattr(session.config, "workerinput"):
            record = {"server": self.server, "tests": sorted(self.tests)}
            Path(target).write_text(json.dumps(record), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Record(), "record-of-the-run")
