"""Find fields and links that run programs (DDE) in the parts of a package, and DTDs (R3.07, R3.09).

A command is a field whose instruction begins with its name, as Word reads it. The address in
`HYPERLINK "https://empresa.example/dde/"` is not a command.
"""

import html
import re
from collections.abc import Iterator

from attachments.inspection.effort import Effort
from attachments.inspection.ooxml.xml import Attributes, local_name, new_parser
from attachments.inspection.problems import Problem, Rejected

_FIELD_ELEMENTS = (b"instrText", b"fldSimple", b"fldChar")
_FIELD_TAG = re.compile(
    rb"<(?:[^\s<>/:]*:)?(instrText|fldSimple|fldChar)(?=[\s/>])((?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+)>([^<]*)"
)
_FIELD_TAG_START = re.compile(rb"<(?:[^\s<>/:]*:)?(?:instrText|fldSimple|fldChar)(?=[\s/>])")
_ATTRIBUTE = re.compile(rb"([^\s=\"'/<>]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
# Comments, CDATA and processing instructions: they can hide a tag or split a word
_HIDING_MARKUP = re.compile(rb"<!|<\?(?!xml\s)")
_COMMAND = re.compile(r"DDE(?:AUTO)?[^A-Za-z0-9]", re.IGNORECASE)
_LATER_COMMAND = re.compile(r"DDE(?:AUTO)?[\s\"\\]", re.IGNORECASE)
_COMMANDS = ("DDE", "DDEAUTO")
# Characters that Word skips before a command, some of them invisible
_SKIPPED = ' \t\r\n\xa0"\u200b\u200c\u200d\u200e\u200f\u2060\ufeff'
_KEPT_CHARACTERS = 64  # characters of an instruction that are compared with the commands
_MAX_TAG = 65_536  # bytes of a tag and the text after it; a genuine field has a few dozen
_XML_BYTES_PER_STEP = 100
MAX_PARSED = 4 * 1024 * 1024  # bytes of a part that is parsed; genuine parts that need it are far smaller


class FieldInstructions:
    """Finds commands in the pieces of field instructions, which come in document order.

    Word joins the pieces of one field, and skips elements that the document marks as ignorable. So
    a command is also recognised when it begins in a later piece, or when other pieces stand between
    its own.
    """

    def __init__(self, effort: Effort) -> None:
        self._effort = effort
        self._instruction = ""
        self._prefixes: set[str] = set()  # beginnings of a command in earlier pieces

    def new_field(self) -> None:
        """Forget the current instruction: a field begins, shows its result, or ends."""
        self._instruction = ""

    def add(self, text: str) -> None:
        """Append a piece to the current instruction. Raises Rejected."""
        self._effort.spend(1 + len(text) // 128)
        self._instruction = (self._instruction + text).lstrip(_SKIPPED)[:_KEPT_CHARACTERS]
        piece = text.lstrip(_SKIPPED)[:_KEPT_CHARACTERS]
        later = {piece, *(prefix + text[:_KEPT_CHARACTERS] for prefix in self._prefixes)}
        if _COMMAND.match(self._instruction) or any(map(_LATER_COMMAND.match, later)):
            raise Rejected(Problem.COMMANDS)
        beginnings = {each.upper() for each in later if each}
        self._prefixes |= {each for each in beginnings if any(name.startswith(each) for name in _COMMANDS)}


class FieldScanner:
    """Searches a part in pieces. Raises Rejected for a DTD, and for what runs a program.

    It searches the bytes, because parsing a large document would take seconds. `needs_parsing` says
    after the last piece whether fields are written in a way that no office program uses: then
    `parse` has to read the part.
    """

    def __init__(self, effort: Effort) -> None:
        self._effort = effort
        self._rest = b""  # from the last `<` on: its text may continue in the next piece
        self._instructions = FieldInstructions(effort)
        self._has_fields = False
        self._is_unusual = False
        self._awaits_end_tag = False  # of the instruction with which the last piece ended

    @property
    def needs_parsing(self) -> bool:
        return self._has_fields and self._is_unusual

    def feed(self, chunk: bytes) -> None:
        """Search the next piece of the part."""
        # A few programs write UTF-16, in which every other byte is NUL; without NULs, it can be
        # searched like UTF-8
        self._is_unusual = self._is_unusual or b"\0" in chunk
        xml = self._rest + (chunk.translate(None, b"\0") if b"\0" in chunk else chunk)
        self._effort.spend_on_bytes(len(xml))
        if b"<!DOCTYPE" in xml:
            raise Rejected(Problem.DAMAGED)
        if b"ddeLink" in xml:
            raise Rejected(Problem.COMMANDS)
        self._is_unusual = self._is_unusual or _HIDING_MARKUP.search(xml) is not None
        if len(xml) > 1:
            self._is_unusual = self._is_unusual or (self._awaits_end_tag and not xml.startswith(b"</"))
            self._awaits_end_tag = False
        limit = max(xml.rfind(b"<"), 0)
        self._read_fields(xml, limit)
        self._rest = xml[limit:]
        if len(self._rest) > _MAX_TAG:
            if any(name in self._rest for name in _FIELD_ELEMENTS):
                raise Rejected(Problem.TOO_COMPLEX)
            self._rest = self._rest[-_KEPT_CHARACTERS:]

    def close(self) -> None:
        """Search what is left at the end of the part."""
        self._read_fields(self._rest, len(self._rest))

    def _read_fields(self, xml: bytes, limit: int) -> None:
        """Read the fields before `limit`, where an incomplete tag may begin."""
        done = 0
        for position in sorted(self._element_names(xml, limit)):
            self._has_fields = True
            if position < done:
                continue
            self._effort.spend()
            begin, end = xml.rfind(b"<", done, position), xml.find(b"<", position, limit)
            done = end if end >= 0 else limit
            if begin < 0:
                self._is_unusual = True
            elif tag := _FIELD_TAG.match(xml, begin, done):
                self._read_field(tag[1], tag[2], tag[3])
                self._check_end_tag(xml, tag, limit)
            else:
                self._is_unusual = self._is_unusual or _FIELD_TAG_START.match(xml, begin, done) is not None

    def _element_names(self, xml: bytes, limit: int) -> Iterator[int]:
        for name in _FIELD_ELEMENTS:
            position = xml.find(name, 0, limit)
            while position >= 0:
                self._effort.spend()
                yield position
                position = xml.find(name, position + len(name), limit)

    def _check_end_tag(self, xml: bytes, tag: "re.Match[bytes]", limit: int) -> None:
        """Note an instruction that holds more than text: an element in it could split a command."""
        if tag[1] != b"instrText" or tag[2].endswith(b"/"):
            return
        if tag.end() >= limit:
            self._awaits_end_tag = True
        elif not xml.startswith(b"</", tag.end()):
            self._is_unusual = True

    def _read_field(self, name: bytes, attributes: bytes, text: bytes) -> None:
        if name == b"instrText":
            self._add(text)
            return
        self._instructions.new_field()
        if name == b"fldSimple":
            for attribute in _ATTRIBUTE.finditer(attributes):
                if attribute[1].rpartition(b":")[2] == b"instr":
                    self._add(attribute[2] or attribute[3] or b"")
                    self._instructions.new_field()

    def _add(self, text: bytes) -> None:
        self._effort.spend(8 * text.count(b"&"))
        self._instructions.add(html.unescape(text.decode("utf-8", "replace")))


def parse(xml: bytes, effort: Effort) -> None:
    """Read the fields of a part with an XML parser. Raises Rejected and ExpatError."""
    if len(xml) > MAX_PARSED:
        raise Rejected(Problem.TOO_COMPLEX)
    effort.spend_on_bytes(len(xml), _XML_BYTES_PER_STEP)
    instructions = FieldInstructions(effort)
    parser = new_parser()
    parser.buffer_text = True
    pieces: list[str] = []

    def start(tag: str, attributes: Attributes) -> None:
        effort.spend()
        name = local_name(tag)
        if name == "instrText":
            parser.CharacterDataHandler = pieces.append
        elif name in {"fldChar", "fldSimple"}:
            instructions.new_field()
            for attribute, value in attributes.items() if name == "fldSimple" else ():
                if local_name(attribute) == "instr":
                    instructions.add(value)
                    instructions.new_field()

    def end(tag: str) -> None:
        if local_name(tag) == "instrText":
            parser.CharacterDataHandler = None
            instructions.add("".join(pieces))
            pieces.clear()

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(xml, True)
