"""JPEG pictures: the walk from mark to mark up to the first scan, for the size in pixels (R3.12).

The picture is kept as it was sent, as evidence: what cameras append (previews, motion, depth) is no
reason to refuse.
"""

from attachments.inspection import archive, executables
from attachments.inspection.problems import Problem, Rejected

START = b"\xff\xd8\xff"
MAX_PIXELS = 40_000_000
MAX_STEPS = 20_000  # marks and stray bytes before the picture; a camera writes some thirty
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the other three are tables and an extension
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # marks without a length
_SCAN, _END = 0xDA, 0xD9
_WINDOW = 1_024


def check(content: bytes) -> None:
    """`Rejected` where there is no picture, too large a one, or something else besides."""
    width, height = _size(content)
    if width * height > MAX_PIXELS:
        raise Rejected(Problem.PIXELS)
    if b"%PDF-" in content[:_WINDOW] or archive.ends_in_archive(content):
        raise Rejected(Problem.POLYGLOT)
    if executables.has_server_code(content):
        raise Rejected(Problem.POLYGLOT)


def _size(content: bytes) -> tuple[int, int]:
    """Width and height by the frame header; both the largest where there are several."""
    at, width, height = 2, 0, 0
    for _step in range(MAX_STEPS):
        if at + 4 > len(content):
            break
        mark = content[at + 1]
        if content[at] != 0xFF or mark in {0x00, 0xFF}:  # padding, or stray bytes, which readers skip
            at = max(at + 1, content.find(b"\xff", at + 1))
            continue
        if mark == _SCAN and width and height:
            return width, height
        if mark in {_SCAN, _END}:
            break
        length = 0 if mark in _ALONE else int.from_bytes(content[at + 2 : at + 4])
        if mark in _FRAMES and length >= 8:
            height = max(height, int.from_bytes(content[at + 5 : at + 7]))
            width = max(width, int.from_bytes(content[at + 7 : at + 9]))
        at += 2 + length
    raise Rejected(Problem.DAMAGED)
