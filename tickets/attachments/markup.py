"""The few XML parts that are read, without document types and entities (R3.09)."""

from collections.abc import Callable
from contextlib import suppress
from xml.parsers import expat

from tickets.attachments.effort import SLOW, Effort
from tickets.attachments.trouble import Trouble, Unacceptable

Attributes = dict[str, str]
_SEPARATOR = " "  # between a namespace and a local name; a blank is in neither


def read_elements(xml: bytes, start: Callable[[str, Attributes], None], effort: Effort) -> None:
    """Call `start` with the local name and the attributes of each element."""

    def begun(tag: str, attributes: Attributes) -> None:
        effort.spend()
        start(tag.rpartition(_SEPARATOR)[2], attributes)

    effort.read(len(xml), SLOW)
    parser = _parser()
    parser.StartElementHandler = begun
    parser.Parse(xml, True)


def root_element(beginning: bytes) -> str:
    """The local name of the first element; the rest may be missing."""
    found: list[str] = []

    def start(tag: str, _attributes: Attributes) -> None:
        found.append(tag.rpartition(_SEPARATOR)[2])
        parser.StartElementHandler = None

    parser = _parser()
    parser.StartElementHandler = start
    with suppress(expat.ExpatError):  # what comes after the first element is not judged
        parser.Parse(beginning[:65_536], False)
    return found[0] if found else ""


def _parser() -> expat.XMLParserType:
    def refuse(*_args: object) -> None:
        raise Unacceptable(Trouble.DAMAGED)

    parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
    parser.StartDoctypeDeclHandler = refuse
    return parser
