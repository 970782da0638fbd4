"""Prepare the tables, sample data and static files of a run once, and copy them for each product
that a test starts.
"""

import atexit
import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import psycopg
from psycopg.sql import SQL, Identifier

BASE = Path(__file__).resolve().parent.parent
FOLDER = "TEST_PREPARED"  # names the folder to the other processes of the run


@cache
def folder() -> Path:
    """Return the folder that all workers of a run share. The process that makes it deletes it."""
    if named := os.environ.get(FOLDER):
        return Path(named)
    made = Path(mkdtemp(prefix="fidelizacion-prepared-"))
    os.environ[FOLDER] = str(made)
    atexit.register(_delete, made)
    return made


def static_root() -> str:
    return str(folder() / "static")


def prepare(environment: Mapping[str, str]) -> None:
    """Fill the empty database of this environment, and collect the static files that all products
    share.
    """
    url = environment["DATABASE_URL"]
    with _lock():
        template = _template(url)
        if template is None:  # a test's separate server, on which no template can be copied
            _prepare_anew(environment)
            return
        made = folder() / "made"
        if not made.exists():
            _prepare_anew({**environment, "DATABASE_URL": template})
            made.touch()
        _copy(template, url)


def _template(url: str) -> str | None:
    """Return the URL of the database to copy from, or None for a PostgreSQL server other than the
    run's.
    """
    if url.startswith("sqlite:"):
        return f"sqlite:///{folder() / 'prepared.sqlite3'}"
    server = os.environ.get("DATABASE_URL", "")
    if _server(url) != _server(server):
        return None
    address = f"{_server(server)}/{_name()}"
    if not (folder() / "postgresql").exists():
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(_name())))
        (folder() / "postgresql").touch()
    return address


def _copy(template: str, url: str) -> None:
    if url.startswith("sqlite:"):
        shutil.copyfile(template.removeprefix("sqlite:///"), url.removeprefix("sqlite:///"))
        return
    empty = Identifier(url.rpartition("/")[2])
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(SQL("DROP DATABASE {}").format(empty))
        connection.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(empty, Identifier(_name())))


def _prepare_anew(environment: Mapping[str, str]) -> None:
    command = [sys.executable, "manage.py", "demo", "--prepare"]
    subprocess.run(command, cwd=BASE, env={**environment, "STATIC_ROOT": static_root()}, check=True)
    _offer_one_type(environment["DATABASE_URL"])


def _offer_one_type(url: str) -> None:
    """Offer the cancellation only, as a new installation does; the demo offers six types."""
    statement = "UPDATE tickets_requesttype SET in_portal = (code = 'cancellation')"
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as lite, lite:
            lite.execute(statement)
        return
    with psycopg.connect(url) as connection:
        connection.execute(statement)


def _server(url: str) -> str:
    return url.rpartition("/")[0]


def _name() -> str:
    """Return the template database's name: the folder's random name, which no other run has."""
    return folder().name.replace("-", "_").lower()


@contextmanager
def _lock() -> Iterator[None]:
    with (folder() / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _delete(made: Path) -> None:
    if (made / "postgresql").exists():
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(SQL("DROP DATABASE IF EXISTS {}").format(Identifier(_name())))
    shutil.rmtree(made, ignore_errors=True)
