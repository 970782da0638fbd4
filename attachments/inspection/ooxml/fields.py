"""The text of a Word or Excel part: fields and links that start a program (DDE), and document types
(R3.07, R3.09).

A field is what Word itself takes for one: its instruction begins with the name of the command.
`HYPERLINK "https://empresa.example/dde/"` is a link, whatever its address holds.
"""

import html
import re
from collections.abc import Iterator

from attachments.inspection.effort import Effort
from attachments.inspection.ooxml.xml import Attributes, local_name, new_parser
from attachments.inspection.problems import Problem, Rejected

_NAMES = (b"instrText", b"fldSimple", b"fldChar")
_TAG = re.compile(
    rb"<(?:[^\s<>/:]*:)?(instrText|fldSimple|fldChar)(?=[\s/>])((?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+)>([^<]*)"
)
_NAME_OF_FIELD = re.compile(rb"<(?:[^\s<>/:]*:)?(?:instrText|fldSimple|fldChar)(?=[\s/>])")
_ATTRIBUTE = re.compile(rb"([^\s=\"'/<>]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
# Comments, CDATA and processing instructions hold no tags, and they may split a word
_ASIDE = re.compile(rb"<!|<\?(?!xml\s)")
_COMMAND = re.compile(r"DDE(?:AUTO)?[^A-Za-z0-9]", re.IGNORECASE)
_LATER_COMMAND = re.compile(r"DDE(?:AUTO)?[\s\"\\]", re.IGNORECASE)
_COMMANDS = ("DDE", "DDEAUTO")
# What Word passes over before a command; marks that are not seen may stand there too
_BEFORE = ' \t\r\n\xa0"\u200b\u200c\u200d\u200e\u200f\u2060\ufeff'
_KEPT = 64  # characters of an instruction, from its command on
_LONGEST = 65_536  # bytes of one tag and the text behind it; of a field they are a few dozen
_XML_BYTES_A_STEP = 100
LONGEST_PARSED = 4 * 1024 * 1024  # bytes of a part that is parsed; no odd one is near it


class Instructions:
    """The pieces of field instructions, in the order of the part. `Rejected` where they start a
    program.

    Word joins the pieces of one field, and leaves out elements that a document says may be ignored.
    So a command is also recognised where it begins with a later piece, and where others stand
    between its pieces.
    """

    def __init__(self, effort: Effort) -> None:
        self._effort = effort
        self._instruction = ""
        self._begun: set[str] = set()  # how the command may have begun in earlier pieces

    def new_field(self) -> None:
        """Where a field begins, shows its result, or ends."""
        self._instruction = ""

    def add(self, text: str) -> None:
        self._effort.spend(1 + len(text) // 128)
        self._instruction = (self._instruction + text).lstrip(_BEFORE)[:_KEPT]
        piece = text.lstrip(_BEFORE)[:_KEPT]
        later = {piece, *(begun + text[:_KEPT] for begun in self._begun)}
        if _COMMAND.match(self._instruction) or any(map(_LATER_COMMAND.match, later)):
            raise Rejected(Problem.COMMANDS)
        self._begun |= {each.upper() for each in later if each and _may_become_command(each.upper())}


def _may_become_command(text: str) -> bool:
    return any(command.startswith(text) for command in _COMMANDS)


class Text:
    """A part in pieces: refused for a document type, and for fields and links that start a program.

    Bytes are searched, since parsing a large document would take seconds. `is_unsure` says after
    the last piece that fields are written as no office program does it: then `parse` has to read
    the part.
    """

    def __init__(self, effort: Effort) -> None:
        self._effort = effort
        self._rest = b""  # from the last `<` on, whose text may go on in the next piece
        self._instructions = Instructions(effort)
        self._has_fields = False
        self._is_odd = False
        self._awaits_end = False  # the instruction at the end of the last piece: its end tag has to follow

    @property
    def is_unsure(self) -> bool:
        return self._has_fields and self._is_odd

    def read(self, chunk: bytes) -> None:
        # In 16 bits, as a few programs write, every other byte is nil: without them it can be
        # searched
        self._is_odd = self._is_odd or b"\0" in chunk
        xml = self._rest + (chunk.translate(None, b"\0") if b"\0" in chunk else chunk)
        self._effort.read(len(xml))
        if b"<!DOCTYPE" in xml:
            raise Rejected(Problem.DAMAGED)
        if b"ddeLink" in xml:
            raise Rejected(Problem.COMMANDS)
        self._is_odd = self._is_odd or _ASIDE.search(xml) is not None
        if len(xml) > 1:
            self._is_odd = self._is_odd or (self._awaits_end and not xml.startswith(b"</"))
            self._awaits_end = False
        whole = max(xml.rfind(b"<"), 0)
        self._read_fields(xml, whole)
        self._rest = xml[whole:]
        if len(self._rest) > _LONGEST:
            if any(name in self._rest for name in _NAMES):
                raise Rejected(Problem.TOO_COMPLEX)
            self._rest = self._rest[-_KEPT:]

    def close(self) -> None:
        """The end of the part."""
        self._read_fields(self._rest, len(self._rest))

    def _read_fields(self, xml: bytes, whole: int) -> None:
        """Those before `whole`, where a tag begins that may go on in the next piece."""
        reached = 0
        for at in sorted(self._places(xml, whole)):
            self._has_fields = True
            if at < reached:
                continue
            self._effort.spend()
            begin, end = xml.rfind(b"<", reached, at), xml.find(b"<", at, whole)
            reached = end if end >= 0 else whole
            if begin < 0:
                self._is_odd = True
            elif tag := _TAG.match(xml, begin, reached):
                self._read_field(tag[1], tag[2], tag[3])
                self._look_for_end(xml, tag, whole)
            else:
                self._is_odd = self._is_odd or _NAME_OF_FIELD.match(xml, begin, reached) is not None

    def _places(self, xml: bytes, whole: int) -> Iterator[int]:
        for name in _NAMES:
            at = xml.find(name, 0, whole)
            while at >= 0:
                self._effort.spend()
                yield at
                at = xml.find(name, at + len(name), whole)

    def _look_for_end(self, xml: bytes, tag: "re.Match[bytes]", whole: int) -> None:
        """An instruction is text alone: an element in it would part a word."""
        if tag[1] != b"instrText" or tag[2].endswith(b"/"):
            return
        if tag.end() >= whole:
            self._awaits_end = True
        elif not xml.startswith(b"</", tag.end()):
            self._is_odd = True

    def _read_field(self, name: bytes, attributes: bytes, text: bytes) -> None:
        if name == b"instrText":
            self._add(text)
            return
        self._instructions.new_field()
        if name == b"fldSimple":
            for found in _ATTRIBUTE.finditer(attributes):
                if found[1].rpartition(b":")[2] == b"instr":
                    self._add(found[2] or found[3] or b"")
                    self._instructions.new_field()

    def _add(self, text: bytes) -> None:
        self._effort.spend(8 * text.count(b"&"))
        self._instructions.add(html.unescape(text.decode("utf-8", "replace")))


def parse(xml: bytes, effort: Effort) -> None:
    """Read the fields of a part as XML. Raises `Rejected`, and ExpatError where it is none."""
    if len(xml) > LONGEST_PARSED:
        raise Rejected(Problem.TOO_COMPLEX)
    effort.read(len(xml), _XML_BYTES_A_STEP)
    instructions = Instructions(effort)
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
