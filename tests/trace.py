"""Count the executed lines of the attachments' inspection: unlike time, the count is the same on
every machine.
"""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from attachments import inspection

(FOLDER,) = inspection.__path__


class TooManyLines(Exception):
    """The count reached its limit: the call is stopped, since it could run for minutes."""


def lines_run(call: Callable[[], object], *, most: int) -> int:
    """Return how many lines of the inspection a call executes; stop it at `most`."""
    count = 0

    def of_line(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        if count >= most:
            sys.settrace(None)
            raise TooManyLines
        return of_line

    def of_call(frame: FrameType, _event: str, _argument: Any) -> Any:
        return of_line if frame.f_code.co_filename.startswith(FOLDER) else None

    before = sys.gettrace()
    sys.settrace(of_call)
    try:
        call()
    except TooManyLines:
        pass
    finally:
        sys.settrace(before)
    return count
