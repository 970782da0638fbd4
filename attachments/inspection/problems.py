"""What can stand in the way of taking a document, whatever its format."""

from enum import Enum, auto


class Problem(Enum):
    """Why a document of the right kind is refused all the same."""

    DAMAGED = auto()  # cut short, or put together as no office program does it
    OVERSIZED = auto()  # unpacks to more than an advisor's computer should be asked for
    TOO_COMPLEX = auto()  # takes more steps to inspect than any genuine file (effort.py)
    LOCKED = auto()  # with a password: nobody could check it, nor the advisor open it
    MACROS = auto()
    CONTROLS = auto()  # ActiveX
    PROGRAM = auto()  # an executable inside
    WEB_PAGE = auto()  # a saved web page (MHT) as part of a document, whose scripts Word would run
    COMMANDS = auto()  # fields or links that start a program (DDE)
    REMOTE = auto()  # a template or object fetched from the network on opening
    SCRIPT = auto()  # JavaScript in a PDF
    LAUNCH = auto()  # a PDF that opens other files
    POLYGLOT = auto()  # at once a file of another format
    PIXELS = auto()  # an image of absurd dimensions


class Rejected(Exception):
    """Found while looking inside; `trouble` says what."""

    def __init__(self, trouble: Problem) -> None:
        super().__init__(trouble.name)
        self.problem = trouble
