"""A worker keeps its database connection from task to task, and replaces one that broke."""

from types import SimpleNamespace
from typing import Any

import pytest
from celery.fixups.django import DjangoWorkerFixup  # type: ignore[attr-defined]  # its stubs lack it
from celery.signals import task_postrun, task_prerun
from django.db import connection

from fidelizacion.celery import app


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done to the connection."""
    done: list[str] = []
    monkeypatch.setattr(connection, "close", lambda: done.append("closed"))
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: done.append("checked"))
    return done


@pytest.mark.django_db
def test_the_end_of_a_task_does_not_close_the_connection(closed: list[str]) -> None:
    connection.ensure_connection()
    fixup = DjangoWorkerFixup(app)
    task: Any = SimpleNamespace(request=SimpleNamespace(is_eager=False))
    for _task in range(100):
        fixup.on_task_prerun(sender=task)
        fixup.on_task_postrun(sender=task)
    assert "closed" not in closed


@pytest.mark.django_db
def test_each_task_begins_with_a_connection_that_works(closed: list[str]) -> None:
    connection.ensure_connection()
    task_prerun.send(sender=None, task_id="1", task=None)
    task_postrun.send(sender=None, task_id="1", task=None)
    assert "checked" in closed
