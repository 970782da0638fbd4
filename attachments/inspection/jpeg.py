"""Check JPEG pictures: read the segments up to the first scan for the size in pixels (R3.12).

The picture is kept as evidence, exactly as sent. What cameras append to it (previews, video, depth)
is accepted.
"""

from attachments.inspection import archive, executables
from attachments.inspection.problems import Problem, Rejected

SIGNATURE = b"\xff\xd8\xff"
MAX_PIXELS = 40_000_000
MAX_SEGMENTS = 20_000  # markers and stray bytes before the first scan; a camera writes about thirty
# Markers of frame headers. 0xC4 and 0xCC are tables, and 0xC8 is an extension
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
_SCAN, _END = 0xDA, 0xD9
_PDF_WINDOW = 1_024  # bytes within which readers look for a PDF's signature


def check(content: bytes) -> None:
    """Raise Rejected for a picture that is damaged, too large, or also a file of another format."""
    width, height = _dimensions(content)
    if width * height > MAX_PIXELS:
        raise Rejected(Problem.PIXELS)
    if b"%PDF-" in content[:_PDF_WINDOW] or archive.ends_in_archive(content):
        raise Rejected(Problem.POLYGLOT)
    if executables.has_server_code(content):
        raise Rejected(Problem.POLYGLOT)


def _dimensions(content: bytes) -> tuple[int, int]:
    """Return width and height from the frame header, the largest of each if there are several."""
    position, width, height = 2, 0, 0
    for _segment in range(MAX_SEGMENTS):
        if position + 4 > len(content):
            break
        marker = content[position + 1]
        if content[position] != 0xFF or marker in {0x00, 0xFF}:  # padding, or stray bytes, which readers skip
            position = max(position + 1, content.find(b"\xff", position + 1))
            continue
        if marker == _SCAN and width and height:
            return width, height
        if marker in {_SCAN, _END}:
            break
        length = 0 if marker in _WITHOUT_LENGTH else int.from_bytes(content[position + 2 : position + 4])
        if marker in _FRAMES and length >= 8:
            height = max(height, int.from_bytes(content[position + 5 : position + 7]))
            width = max(width, int.from_bytes(content[position + 7 : position + 9]))
        position += 2 + length
    raise Rejected(Problem.DAMAGED)
