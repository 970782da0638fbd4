"""Limit the work of inspecting one file, counted in steps (R7.06, S5).

Seconds would depend on the machine and its load; steps are the same everywhere, and a test can
count them. A step is one turn of a loop in Python, about a microsecond. Searches in C libraries
count by the byte. The hardest of 2,152 public documents took 33,000 steps (November 2026); the
limit keeps every file below 200 ms.
"""

from attachments.inspection.problems import Problem, Rejected

MAX_STEPS = 80_000
# Bytes that count as one step: searched for fixed words, and for a pattern that may match anywhere
FAST, SLOW = 1_000, 25


class Effort:
    """The steps spent on one file. A reader spends them before it does the work."""

    def __init__(self, max_steps: int = MAX_STEPS) -> None:
        self._max_steps = max_steps
        self._counted: tuple[bytes, int] = (b"", 0)
        self.steps = 0

    def spend(self, steps: int = 1) -> None:
        """Count steps. Raises Rejected past the limit."""
        self.steps += steps
        if self.steps > self._max_steps:
            raise Rejected(Problem.TOO_COMPLEX)

    def spend_on_names(self, text: bytes) -> None:
        """Count a search for PDF names: their characters can be escaped, so each `/` is tried."""
        if self._counted[0] is not text:  # the same file is searched several times
            self._counted = (text, text.count(b"/"))
        self.spend(1 + len(text) // FAST + self._counted[1] // SLOW)

    def spend_on_bytes(self, length: int, bytes_per_step: int = FAST) -> None:
        """Count one pass over that many bytes."""
        self.spend(1 + length // bytes_per_step)
