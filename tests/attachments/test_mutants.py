"""No bytes make the inspection fail, or take much time or memory (R3.08, R3.10, R3.12, R7.06)."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from attachments.inspection import inspect
from tests.attachments.hostile import BOMBS
from tests.attachments.slow_files import SLOW_FILES
from tests.corpus import ROOT, samples

MS, MB = 200, 50
BOMB_MS, BOMB_MB = 100, 10


def measured(*arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.attachments.mutants", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.prove)])
def test_r7_06_damaged_files_get_a_verdict_within_the_limits(
    count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    samples()  # skips the test where the corpus is missing
    seed = os.environ.get("SEED") or secrets.token_hex(4)
    figures = measured("mutants", seed, str(count))
    with capsys.disabled():
        sys.stdout.write(f"\nSEED={seed} {figures}\n")
    assert figures["count"] == count
    assert 0 < figures["accepted"] < count
    assert figures["slowest_ms"] <= MS
    assert figures["grown_mb"] <= MB


@pytest.mark.prove
@pytest.mark.parametrize("name", BOMBS)
def test_r3_08_a_zip_bomb_is_refused_before_it_is_unpacked(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    called, make, says = BOMBS[name]
    content, file = make(), tmp_path / "bomb"
    file.write_bytes(content)
    figures = measured("file", called, str(file))
    with capsys.disabled():
        sys.stdout.write(f"\n{name}: {figures['slowest_ms']:.0f} ms, {figures['grown_mb']:.1f} MB\n")
    assert says in inspect(called, content).reason
    assert figures["slowest_ms"] <= BOMB_MS
    assert figures["grown_mb"] <= BOMB_MB


@pytest.mark.prove
@pytest.mark.parametrize("what", SLOW_FILES)
def test_r7_06_the_slowest_files_stay_within_the_limits(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, make = SLOW_FILES[what]
    file = tmp_path / "slow"
    file.write_bytes(make())
    figures = measured("file", name, str(file))
    with capsys.disabled():
        sys.stdout.write(f"\n{what}: {figures['slowest_ms']:.0f} ms, {figures['grown_mb']:.1f} MB\n")
    assert figures["slowest_ms"] <= MS
    assert figures["grown_mb"] <= MB
