"""A process hashes one password at a time, and refuses other attempts without waiting (S2)."""

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
    """Block the first hash until `go_on` is set; `known` is a browser in which Carla signed in."""

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
    """Start a stranger's attempt, and leave the process hashing its password."""
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


def test_s2_a_known_browser_does_not_wait_for_strangers(busy: SlowHash) -> None:
    assert sign_in(busy.known).status_code == 302


def test_s2_a_refused_attempt_is_not_counted_and_the_next_one_may_start(busy: SlowHash) -> None:
    for _ in range(30):
        sign_in(Client(REMOTE_ADDR="198.51.100.9"))
    busy.go_on.set()
    with lockout._semaphores[False]:  # waits until the first attempt has ended
        assert SignInEvent.objects.filter(kind=SignInEvent.Kind.LOCKED).count() == 0
    assert sign_in(Client(REMOTE_ADDR="198.51.100.9")).status_code == 302
