"""The few XML parts that are read, without document types and entities (R3.09)."""

from collections.abc import Callable
from contextlib import suppress
from xml.parsers import expat

from attachments.inspection.effort import SLOW, Effort
from attachments.inspection.problems import Problem, Rejected

Attributes = dict[str, str]
_SEPARATOR = " "  # between a namespace and a local name; a blank is in neither


def read_elements(xml: bytes, start: Callable[[str, Attributes], None], effort: Effort) -> None:
    """Call `start` with the local name and the attributes of each element."""

    def begun(tag: str, attributes: Attributes) -> None:
        effort.spend()
        start(local_name(tag), attributes)

    effort.read(len(xml), SLOW)
    parser = new_parser()
    parser.StartElementHandler = begun
    parser.Parse(xml, True)


def root_element(beginning: bytes) -> str:
    """The local name of the first element; the rest may be missing."""
    found: list[str] = []

    def start(tag: str, _attributes: Attributes) -> None:
        found.append(local_name(tag))
        parser.StartElementHandler = None

    parser = new_parser()
    parser.StartElementHandler = start
    with suppress(expat.ExpatError):  # what comes after the first element is not judged
        parser.Parse(beginning[:65_536], False)
    return found[0] if found else ""


def local_name(name: str) -> str:
    """The name of an element or attribute without its namespace."""
    return name.rpartition(_SEPARATOR)[2]


def new_parser() -> expat.XMLParserType:
    """One that knows namespaces and refuses document types."""

    def refuse(*_args: object) -> None:
        raise Rejected(Problem.DAMAGED)

    parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
    parser.StartDoctypeDeclHandler = refuse
    return parser
