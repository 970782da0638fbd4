"""How much work the inspection of one file may take, counted in steps: it ends in time whatever the
bytes (R7.06, S5).

Time would depend on the machine and on what else it does; steps are the same everywhere, and a test
can count them. A step is one turn of a loop in Python, about a microsecond. Searches of the C
libraries are charged by the byte. Of 2,152 public documents the hardest took 33,000 steps (November
2026); the limit keeps every file below 200 ms.
"""

from attachments.inspection.problems import Problem, Rejected

MAX_STEPS = 80_000
# Bytes a step: of what is searched for a few words, and of what may start a match anywhere
PLAIN, SLOW = 1_000, 25


class Effort:
    """Of one file. Readers say what they are about to do, before they do it."""

    def __init__(self, most: int = MAX_STEPS) -> None:
        self._most = most
        self.steps = 0

    def spend(self, steps: int = 1) -> None:
        """`Rejected` once the file has taken more than it may."""
        self.steps += steps
        if self.steps > self._most:
            raise Rejected(Problem.TOO_COMPLEX)

    def search_names(self, text: bytes) -> None:
        """For names of a PDF, which may be written in many ways: each `/` is looked at."""
        self.spend(1 + len(text) // PLAIN + text.count(b"/") // SLOW)

    def read(self, length: int, bytes_a_step: int = PLAIN) -> None:
        """So many bytes, gone over once."""
        self.spend(1 + length // bytes_a_step)
