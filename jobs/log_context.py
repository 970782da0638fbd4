"""Adds to each log line which request, task or sweep it is about (R8.08).

A customer reads the reference out on the telephone, and support finds the request's log lines.

A request has a reference of eight characters, which its page shows and its lines carry. A task has
its name and its id, which Celery's own lines quote, and a sweep its name.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from celery.signals import task_postrun, task_prerun
from django.core.signals import request_finished, request_started

# Read out on the telephone, so without characters that are easily confused (0 O, 1 I L, U V)
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8  # 656,000 million references

_fields: ContextVar[dict[str, str]] = ContextVar("log_context", default={})  # noqa: B039  never changed, only replaced


def new_reference() -> str:
    return "".join(secrets.choice(ALPHABET) for _position in range(LENGTH))


def fields() -> dict[str, str]:
    """Return `request_id`, or `task` and `task_id`, or `sweep`; nothing outside of all three."""
    return _fields.get()


def begin(**about: str) -> None:
    """Set the fields of this thread's log lines from now on."""
    _fields.set(about)


def end() -> None:
    """Clear the fields of this thread's log lines."""
    _fields.set({})


@contextmanager
def about(**fields: str) -> Iterator[None]:
    """Set the fields of the log lines within the block."""
    token = _fields.set(fields)
    try:
        yield
    finally:
        _fields.reset(token)


def request_reference() -> str:
    """Return the reference of this thread's request, or a new one in a test without a server."""
    return fields().get("request_id") or new_reference()


def connect() -> None:
    """Connect the signals that set the fields when a request or task starts, and clear them when it
    ends.
    """
    request_started.connect(_begin_request, dispatch_uid="log_context")
    request_finished.connect(_end, dispatch_uid="log_context")
    task_prerun.connect(_begin_task, dispatch_uid="log_context")
    task_postrun.connect(_end, dispatch_uid="log_context")


def _begin_request(**_: Any) -> None:
    begin(request_id=new_reference())


def _begin_task(task_id: str = "", task: Any = None, **_: Any) -> None:
    begin(task=str(getattr(task, "name", "")), task_id=task_id)


def _end(**_: Any) -> None:
    end()
