"""Collect the statements that a constraint refused: each would be an ERROR line in PostgreSQL's
log, which operators read.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, connection


@contextmanager
def refused_statements() -> Iterator[list[str]]:
    """Return a list that fills with the refused statements of this thread's connection."""
    refused: list[str] = []

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        try:
            return execute(sql, params, many, context)
        except IntegrityError:
            refused.append(sql)
            raise

    with connection.execute_wrapper(watch):
        yield refused
