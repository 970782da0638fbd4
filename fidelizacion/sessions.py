"""Django's sessions in the database, read and created by one statement each.

Every page reads its session. Compiling Django's query took longer than running it.
"""

from functools import cache

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone
from django.utils.crypto import get_random_string

SESSION_KEY_LENGTH = 32  # as Django's; 165 random bits


# The name of the class is part of the signature of a stored session
class SessionStore(db.SessionStore):
    def _get_new_session_key(self) -> str:
        """Return a random key without asking whether it is taken.

        `create` inserts the row, and tries another key if the primary key refuses this one.
        """
        return get_random_string(SESSION_KEY_LENGTH, VALID_KEY_CHARS)

    def _get_session_from_db(self) -> Session | None:
        """Return the session with this key unless it has expired, else forget the key."""
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(_sql(), [self.session_key, now])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return None
        return Session(session_data=row[0])


@cache
def _sql() -> str:
    table = Session._meta.db_table  # noqa: SLF001  Django's public `_meta`
    return f"SELECT session_data FROM {table} WHERE session_key = %s AND expire_date > %s"  # noqa: S608  the name of a table, no input
