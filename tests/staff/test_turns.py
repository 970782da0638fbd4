"""How many passwords a process hashes at once, and that the rest
are refused without waiting (S2).
"""

from collections.abc import Iterator
from threading import Event, Thread

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from staff import lockout
from staff.models import SignInEvent
from tests.staff.test_sign_in import RIGHT, WRONG, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


class SlowHash:
    """Holds the first hash until it is told to go on; `known` is a browser in which Carla signed in
    before.
    """

    def __init__(self, known: Client) -> None:
        self.known = known
        self.begun, self.go_on, self.hashes = Event(), Event(), 0
        self.encode = MD5PasswordHasher.encode

    def __call__(self, hasher: MD5PasswordHasher, password: str, salt: str) -> str:
        self.hashes += 1
        if password == WRONG and not self.begun.is_set():
            self.begun.set()
            assert self.go_on.wait(60)
        return self.encode(hasher, password, salt)


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowHash]:
    """A process in the middle of a stranger's hash."""
    User.objects.create_user("carla", password=RIGHT, is_staff=True)
    known = Client()
    sign_in(known)
    slow = SlowHash(known)

    def encode(hasher: MD5PasswordHasher, password: str, salt: str) -> str:
        return slow(hasher, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", encode)

    def guess() -> None:
        try:
            sign_in(Client(REMOTE_ADDR="198.51.100.1"), WRONG)
        finally:
            connection.close()

    thread = Thread(target=guess)
    thread.start()
    assert slow.begun.wait(60)
    yield slow
    slow.go_on.set()
    thread.join()


def test_s2_while_one_password_is_hashed_no_stranger_gets_another_hash(busy: SlowHash) -> None:
    for number in range(16):
        response = sign_in(Client(REMOTE_ADDR=f"198.51.100.{number + 2}"))
        assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert busy.hashes == 1
    assert Client().get("/fidelizacion/").status_code == 200


def test_s2_a_known_browser_has_a_turn_of_its_own(busy: SlowHash) -> None:
    assert sign_in(busy.known).status_code == 302


def test_s2_a_refused_try_counts_nothing_and_the_turn_is_free_afterwards(busy: SlowHash) -> None:
    for _ in range(30):
        sign_in(Client(REMOTE_ADDR="198.51.100.9"))
    busy.go_on.set()
    with lockout._semaphores[False]:  # the first one has ended
        assert SignInEvent.objects.filter(kind=SignInEvent.Kind.LOCKED).count() == 0
    assert sign_in(Client(REMOTE_ADDR="198.51.100.9")).status_code == 302
