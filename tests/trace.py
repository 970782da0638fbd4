"""How much of our own code runs, counted in lines: the same on every machine, unlike time."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

OURS = "/tickets/attachments/"


class TooManyLines(Exception):
    """More than a test allows: it would otherwise run for minutes."""


def lines_run(call: Callable[[], object], *, most: int) -> int:
    """The lines of the attachments' readers that a call runs, `most` at most."""
    count = 0

    def of_line(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        if count >= most:
            sys.settrace(None)
            raise TooManyLines
        return of_line

    def of_call(frame: FrameType, _event: str, _argument: Any) -> Any:
        return of_line if OURS in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(of_call)
    try:
        call()
    except TooManyLines:
        pass
    finally:
        sys.settrace(before)
    return count
