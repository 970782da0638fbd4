"""Word 6 to 2003 documents (.doc): the header of the main
stream, and fields that start programs.
"""

import re

from attachments.inspection.ole.container import Container
from attachments.inspection.problems import Problem, Rejected

# Of Word 6, 95 and 97-2003; the header begins with one of them
_SIGNATURES = frozenset({0xA5DC, 0xA5EC, 0xA697, 0xA698, 0xA699})
_ENCRYPTED = 0x0100  # of the flags at byte 10
# In one byte a character or in two
_COMMAND_FIELD = re.compile(
    rb"\x13[\s\"]*DDE(?:AUTO)?[\s\"]|\x13\0(?:[\s\"]\0)*D\0D\0E\0(?:A\0U\0T\0O\0)?[\s\"]\0", re.IGNORECASE
)


def check(container: Container) -> None:
    """`Rejected` where it has a password, cannot be Word, or would start a program."""
    text = container.read("worddocument")
    if int.from_bytes(text[:2], "little") not in _SIGNATURES:
        raise Rejected(Problem.DAMAGED)
    if int.from_bytes(text[10:12], "little") & _ENCRYPTED:
        raise Rejected(Problem.LOCKED)
    if _COMMAND_FIELD.search(text):
        raise Rejected(Problem.COMMANDS)
