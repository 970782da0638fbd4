"""Django's sessions in the database, each read or written by one statement.

Every page reads the session. Compiling Django's query took longer than running it. And Django
writes inside a transaction, whose begin and commit are two more round trips.
"""

from functools import cache
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, CreateError, UpdateError
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.crypto import get_random_string

SESSION_KEY_LENGTH = 32  # as Django's; 165 random bits

READ = "SELECT session_data FROM {table} WHERE session_key = %s AND expire_date > %s"
# DO NOTHING, because an error for a key that is taken would end the caller's transaction
CREATE = """
    INSERT INTO {table} (session_data, expire_date, session_key) VALUES (%s, %s, %s)
    ON CONFLICT DO NOTHING
"""
UPDATE = "UPDATE {table} SET session_data = %s, expire_date = %s WHERE session_key = %s"


# Renaming this class would invalidate all stored sessions: its name is part of their signature
class SessionStore(db.SessionStore):
    _written: tuple[str | None, bytes] | None = None  # key and content of the last write

    def save(self, must_create: bool = False) -> None:
        """Write the session, unless the row holds this content since an earlier call.

        A view may write it in its own transaction; the middleware then has nothing left to write.
        """
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]  # the stubs lack it
        content = (self.session_key, self.serializer().dumps(data))
        if content == self._written and not must_create:
            return
        expires = connection.ops.adapt_datetimefield_value(self.get_expiry_date())
        values = (self.encode(data), expires, self.session_key)
        if must_create:
            if not _write(CREATE, values):
                raise CreateError
        else:
            self._update(values)
        self._written = content

    def _update(self, values: tuple[Any, ...]) -> None:
        """Update the row. Raises UpdateError, as Django does, when it is gone or cannot be written.

        Inside a caller's transaction a database error is raised unchanged, because it ends that
        transaction too.
        """
        try:
            updated = _write(UPDATE, values)
        except DatabaseError:
            if connection.in_atomic_block:
                raise
            raise UpdateError from None
        if not updated:
            raise UpdateError

    def _get_new_session_key(self) -> str:
        """Return a random key without asking whether it is taken.

        `create` inserts the row, and tries another key if the primary key refuses this one.
        """
        return get_random_string(SESSION_KEY_LENGTH, VALID_KEY_CHARS)

    def _get_session_from_db(self) -> Session | None:
        """Return the session with this key, or forget the key if the session has expired."""
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(_sql(READ), [self.session_key, now])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return None
        return Session(session_data=row[0])


def _write(statement: str, values: tuple[Any, ...]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_sql(statement), values)
        written: int = cursor.rowcount
    return written == 1


@cache
def _sql(statement: str) -> str:
    return statement.format(table=Session._meta.db_table)  # noqa: SLF001  Django's public `_meta`
