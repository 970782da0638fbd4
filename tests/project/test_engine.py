"""The tests run on the database engine that the run is named for."""

import os
from collections.abc import Callable

import pytest
from django.db import connection

from tests.record import SERVER


@pytest.mark.django_db
def test_the_run_uses_the_engine_it_is_named_for(
    record_property: Callable[[str, object], None],
) -> None:
    expected = os.environ.get("TEST_ENGINE") or ("postgresql" if os.environ.get("DATABASE_URL") else "sqlite")
    assert connection.vendor == expected
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT version()"
            if connection.vendor == "postgresql"
            else "SELECT 'SQLite ' || sqlite_version()"
        )
        version = str(cursor.fetchone()[0])
    assert version.lower().startswith(expected)
    record_property(SERVER, " ".join(version.split()[:2]))
