"""A session is written by one statement, and not again with the same content."""

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from fidelizacion import sessions
from fidelizacion.sessions import SessionStore

# These tests commit: inside a test's transaction every error of the database looks the same
pytestmark = pytest.mark.django_db(transaction=True)


def stored(**content: object) -> SessionStore:
    session = SessionStore()
    session.update(content)
    session.save()
    return session


def test_it_is_created_and_changed_by_one_statement_each() -> None:
    with CaptureQueriesContext(connection) as captured:
        session = stored(step=1)
        session["step"] = 2
        session.save()
    assert [query["sql"].split()[0] for query in captured] == ["INSERT", "UPDATE"]
    assert SessionStore(session.session_key)["step"] == 2


def test_the_same_content_is_not_written_again() -> None:
    session = stored(steps=[1])
    with CaptureQueriesContext(connection) as captured:
        session.save()
    assert len(captured) == 0
    session["steps"].append(2)
    session.save()
    assert SessionStore(session.session_key)["steps"] == [1, 2]


def test_a_new_key_keeps_the_content() -> None:
    session = stored(step=1)
    old = session.session_key
    session.cycle_key()
    session.save()
    assert SessionStore(session.session_key)["step"] == 1
    assert not SessionStore(old).load()


def test_a_key_that_is_taken_is_not_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = stored(step=1).session_key
    keys = [taken, "b" * 32]
    monkeypatch.setattr(SessionStore, "_get_new_session_key", lambda _: keys.pop(0))
    with transaction.atomic():
        assert stored(step=2).session_key == "b" * 32
    assert SessionStore(taken)["step"] == 1


def test_a_session_that_another_tab_ended_is_not_revived() -> None:
    session = stored(step=1)
    SessionStore(session.session_key).flush()
    session["step"] = 2
    with pytest.raises(UpdateError):
        session.save()
    assert not SessionStore(session.session_key).load()


def test_an_error_that_ends_the_callers_transaction_is_not_reported_as_a_deleted_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A caller that ignores UpdateError would otherwise commit a transaction that wrote nothing."""
    session = stored(step=1)

    def fail(*_: object) -> None:
        raise OperationalError

    monkeypatch.setattr(sessions, "_write", fail)
    session["step"] = 2
    with pytest.raises(UpdateError):
        session.save()
    with pytest.raises(OperationalError), transaction.atomic():
        session.save()
