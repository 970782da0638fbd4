"""The problems for which a document of an accepted format is refused."""

from enum import Enum, auto


class Problem(Enum):
    """Why a document of an accepted format is refused."""

    DAMAGED = auto()  # incomplete, or written as no office program writes
    OVERSIZED = auto()  # its unpacked size could exhaust the advisor's computer
    TOO_COMPLEX = auto()  # its inspection takes too many steps (effort.py)
    LOCKED = auto()  # has a password: it cannot be inspected, and the advisor cannot open it
    MACROS = auto()
    CONTROLS = auto()  # ActiveX
    PROGRAM = auto()  # contains an executable
    WEB_PAGE = auto()  # a saved web page (MHT) as part of a document, whose scripts Word would run
    COMMANDS = auto()  # fields or links that start a program (DDE)
    REMOTE = auto()  # a template or object fetched from the network on opening
    SCRIPT = auto()  # JavaScript in a PDF
    LAUNCH = auto()  # a PDF that opens other files
    POLYGLOT = auto()  # is also a file of another format
    PIXELS = auto()  # an image of more than 40 megapixels


class Rejected(Exception):
    """The document is refused for `problem`."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.name)
        self.problem = problem
