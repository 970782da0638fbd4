"""`make bench` measures chosen rows with real processes, and names a row that does not exist."""

import os
import subprocess
import sys

import pytest

from tests.stack import BASE

pytestmark = [pytest.mark.prove, pytest.mark.loopback, pytest.mark.processes]


def test_chosen_rows_are_measured_and_printed() -> None:
    environment = {**os.environ, "ONLY": "weight,judging"}
    done = subprocess.run(
        [sys.executable, "-m", "bench"], cwd=BASE, env=environment, capture_output=True, check=False
    )
    said = done.stdout.decode()
    assert done.returncode == 0, said + done.stderr.decode()
    assert "weight medido en" in said
    assert "núcleos" in said


def test_an_unknown_row_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "nada"],
        cwd=BASE,
        env={**os.environ, "ONLY": ""},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert "nada" in done.stderr.decode()
