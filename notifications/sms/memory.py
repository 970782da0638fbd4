"""Keeps each SMS in a list of this process, for the tests."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SentSms:
    """The arguments of one call to `send`."""

    to: str
    text: str
    seconds_left: int


outbox: list[SentSms] = []


class MemoryGateway:
    """Accepts every SMS."""

    def send(self, to: str, text: str, *, seconds_left: int) -> str:
        outbox.append(SentSms(to, text, seconds_left))
        return f"memory-{len(outbox)}"
