"""The text of a Word or Excel part: fields and links that start a program (DDE), and document types (R3.07, R3.09).

A field is what Word itself takes for one: its instruction begins with the name of the command. `HYPERLINK
"https://empresa.example/dde/"` is a link, whatever its address holds.
"""

import html
import re
from collections.abc import Iterator

from tickets.attachments.effort import Effort
from tickets.attachments.trouble import Trouble, Unacceptable

_NAMES = (b"instrText", b"fldSimple", b"fldChar")
_TAG = re.compile(rb"<(?:\w{1,16}:)?(instrText|fldSimple|fldChar)\b([^>]*)>?([^<]*)")
_SIMPLE = re.compile(rb"\binstr\s*=\s*(?:\"([^\"]*)|'([^']*))")
_COMMAND = re.compile(r"DDE(?:AUTO)?[^A-Za-z0-9]", re.IGNORECASE)
_BEFORE = ' \t\r\n\xa0"'  # what Word passes over before a command
_KEPT = 64  # characters of an instruction, from its command on
_LONGEST = 65_536  # bytes of one tag and the text behind it; of a field they are a few dozen


class Text:
    """A part in pieces: refused for a document type, and for fields and links that start a program."""

    def __init__(self, effort: Effort) -> None:
        self._effort = effort
        self._rest = b""  # from the last `<` on, whose text may go on in the next piece
        self._instruction = ""

    def read(self, chunk: bytes) -> None:
        # In 16 bits, as a few programs write, every other byte is nil: without them it can be searched
        xml = self._rest + (chunk.translate(None, b"\0") if b"\0" in chunk else chunk)
        self._effort.read(len(xml))
        if b"<!DOCTYPE" in xml:
            raise Unacceptable(Trouble.DAMAGED)
        if b"ddeLink" in xml:
            raise Unacceptable(Trouble.COMMANDS)
        whole = max(xml.rfind(b"<"), 0)
        self._read_fields(xml[:whole])
        self._rest = xml[whole:]
        if len(self._rest) > _LONGEST:
            if any(name in self._rest for name in _NAMES):
                raise Unacceptable(Trouble.TOO_COMPLEX)
            self._rest = self._rest[-_KEPT:]

    def close(self) -> None:
        """The end of the part."""
        self._read_fields(self._rest)

    def _read_fields(self, xml: bytes) -> None:
        reached = 0
        for at in sorted(self._places(xml)):
            if at < reached:
                continue
            self._effort.spend()
            begin, end = xml.rfind(b"<", reached, at), xml.find(b"<", at)
            reached = end if end >= 0 else len(xml)
            if begin >= 0 and (tag := _TAG.match(xml, begin, reached)):
                self._read_field(tag[1], tag[2], tag[3])

    def _places(self, xml: bytes) -> Iterator[int]:
        for name in _NAMES:
            at = xml.find(name)
            while at >= 0:
                self._effort.spend()
                yield at
                at = xml.find(name, at + len(name))

    def _read_field(self, name: bytes, attributes: bytes, text: bytes) -> None:
        if name == b"instrText":
            self._add(text)
            return
        self._instruction = ""  # where a field begins, shows its result, or ends
        if name == b"fldSimple" and (found := _SIMPLE.search(attributes)):
            self._add(found[1] or found[2] or b"")
            self._instruction = ""

    def _add(self, text: bytes) -> None:
        """A piece of an instruction: Word joins them."""
        self._effort.spend(8 * text.count(b"&") + len(text) // 128)
        self._instruction = (self._instruction + html.unescape(text.decode("latin-1"))).lstrip(_BEFORE)[:_KEPT]
        if _COMMAND.match(self._instruction):
            raise Unacceptable(Trouble.COMMANDS)
