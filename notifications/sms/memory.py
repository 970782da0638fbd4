"""Keeps each SMS in a list of this process, for the tests."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SentSms:
    """What was handed over, as the carrier would get it."""

    to: str
    text: str
    seconds_left: int


outbox: list[SentSms] = []


class MemoryGateway:
    """Accepts everything."""

    def send(self, to: str, text: str, *, seconds_left: int) -> str:
        outbox.append(SentSms(to, text, seconds_left))
        return f"memory-{len(outbox)}"
