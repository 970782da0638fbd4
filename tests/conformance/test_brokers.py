"""R7.03: all tests use a real broker, and the fault tests refuse to run with a fake one."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from celery import Celery

from tests.conformance.project import BASE, PRODUCT, imports, sources
from tests.faults.conftest import refuse_stand_ins

EAGER = re.compile(r"task_always_eager\W+True", re.IGNORECASE)


def app(broker: str = "redis://127.0.0.1:6379/0", **options: bool) -> Celery:
    celery = Celery("chaos", broker=broker, set_as_current=False)
    celery.conf.update(options)
    return celery


def test_r7_03_no_code_uses_a_fake_broker() -> None:
    for path in sources(*PRODUCT, "tests", "bench"):
        assert "fakeredis" not in imports(path), path
        assert path == Path(__file__) or not EAGER.search(path.read_text(encoding="utf-8")), path
    for lock in (BASE / "requirements").glob("*.txt"):
        assert "fakeredis" not in lock.read_text(encoding="utf-8"), lock


def test_r7_03_the_suite_of_faults_accepts_a_real_broker() -> None:
    refuse_stand_ins(app())


@pytest.mark.parametrize("stand_in", [app("memory://"), app(task_always_eager=True)])
def test_r7_03_the_suite_of_faults_refuses_a_fake_broker(stand_in: Celery) -> None:
    with pytest.raises(AssertionError):
        refuse_stand_ins(stand_in)


def test_r7_03_the_suite_of_faults_refuses_fakeredis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fakeredis", ModuleType("fakeredis"))
    with pytest.raises(AssertionError):
        refuse_stand_ins(app())
