"""Writes what a run really did - engine, tests executed - where the runner can compare the runs of two engines."""

import json
import os
from pathlib import Path

import pytest
from django.db import connection

EXECUTED: set[str] = set()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and not report.skipped:
        EXECUTED.add(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    target = os.environ.get("TEST_RECORD")
    if target and not hasattr(session.config, "workerinput"):
        record = {"vendor": connection.vendor, "tests": sorted(EXECUTED)}
        Path(target).write_text(json.dumps(record), encoding="utf-8")
