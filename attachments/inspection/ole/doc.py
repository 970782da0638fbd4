"""Check Word 6 to 2003 documents (.doc): header, password, and fields that run programs."""

import re

from attachments.inspection.ole.container import Container
from attachments.inspection.problems import Problem, Rejected

# First two bytes of the header: Word 6, 95 and 97-2003
_SIGNATURES = frozenset({0xA5DC, 0xA5EC, 0xA697, 0xA698, 0xA699})
_ENCRYPTED = 0x0100  # among the flags at byte 10
# The characters of a field have one byte or two
_COMMAND_FIELD = re.compile(
    rb"\x13[\s\"]*DDE(?:AUTO)?[\s\"]|\x13\0(?:[\s\"]\0)*D\0D\0E\0(?:A\0U\0T\0O\0)?[\s\"]\0", re.IGNORECASE
)


def check(container: Container) -> None:
    """Raise Rejected for a damaged header, a password, or a field that runs a program."""
    stream = container.read("worddocument")
    if int.from_bytes(stream[:2], "little") not in _SIGNATURES:
        raise Rejected(Problem.DAMAGED)
    if int.from_bytes(stream[10:12], "little") & _ENCRYPTED:
        raise Rejected(Problem.LOCKED)
    if _COMMAND_FIELD.search(stream):
        raise Rejected(Problem.COMMANDS)
