"""A worker keeps its database connection from task to task, and replaces one that broke."""

from types import SimpleNamespace
from typing import Any

import pytest
from celery.fixups.django import DjangoWorkerFixup  # type: ignore[attr-defined]  # its stubs lack it
from celery.signals import task_postrun, task_prerun
from django.db import connection

from fidelizacion.celery import app


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls of the connection's methods that close or check it."""
    called: list[str] = []
    monkeypatch.setattr(connection, "close", lambda: called.append("close"))
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: called.append("check"))
    return called


@pytest.mark.django_db
def test_the_end_of_a_task_does_not_close_the_connection(calls: list[str]) -> None:
    connection.ensure_connection()
    fixup = DjangoWorkerFixup(app)
    task: Any = SimpleNamespace(request=SimpleNamespace(is_eager=False))
    for _task in range(100):
        fixup.on_task_prerun(sender=task)
        fixup.on_task_postrun(sender=task)
    assert "close" not in calls


@pytest.mark.django_db
def test_each_task_begins_with_a_connection_that_works(calls: list[str]) -> None:
    connection.ensure_connection()
    task_prerun.send(sender=None, task_id="1", task=None)
    task_postrun.send(sender=None, task_id="1", task=None)
    assert "check" in calls
