"""Parse XML parts; document types, and with them entities, are refused (R3.09)."""

from collections.abc import Callable
from contextlib import suppress
from xml.parsers import expat

from attachments.inspection.effort import SLOW, Effort
from attachments.inspection.problems import Problem, Rejected

Attributes = dict[str, str]
_SEPARATOR = " "  # between namespace and local name, neither of which can have a blank


def read_elements(xml: bytes, start: Callable[[str, Attributes], None], effort: Effort) -> None:
    """Call `start` with the local name and the attributes of each element."""

    def started(tag: str, attributes: Attributes) -> None:
        effort.spend()
        start(local_name(tag), attributes)

    effort.spend_on_bytes(len(xml), SLOW)
    parser = new_parser()
    parser.StartElementHandler = started
    parser.Parse(xml, True)


def root_element(beginning: bytes) -> str:
    """Return the local name of the first element; what follows it may be missing."""
    names: list[str] = []

    def start(tag: str, _attributes: Attributes) -> None:
        names.append(local_name(tag))
        parser.StartElementHandler = None

    parser = new_parser()
    parser.StartElementHandler = start
    with suppress(expat.ExpatError):  # what follows the first element may be damaged
        parser.Parse(beginning[:65_536], False)
    return names[0] if names else ""


def local_name(name: str) -> str:
    """Return the name of an element or attribute without its namespace."""
    return name.rpartition(_SEPARATOR)[2]


def new_parser() -> expat.XMLParserType:
    """Return a parser that resolves namespaces and raises Rejected at a document type."""

    def refuse(*_args: object) -> None:
        raise Rejected(Problem.DAMAGED)

    parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
    parser.StartDoctypeDeclHandler = refuse
    return parser
