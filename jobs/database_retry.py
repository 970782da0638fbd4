"""Writing down what a carrier said, though the database be away for a moment: what is not written
is sent again.
"""

import logging
import time
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connection

from jobs import sweep

logger = logging.getLogger(__name__)

# Seconds: a restart or a switch to the standby, and less than the worker's time limit leaves
RETRY_FOR = 15.0
PAUSE = 0.5


def retry_while_down(write: Callable[[], object]) -> None:
    """Write, again and again while the database is away. Raises what it raises when time is up or
    all is to stop.

    `write` may come a second time after a COMMIT whose answer was lost, so it has to be one that
    does no harm then.
    """
    ends = time.monotonic() + RETRY_FOR
    while True:
        try:
            write()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or sweep.stopping() or time.monotonic() >= ends:
                raise
            logger.warning("an outcome cannot be written yet: %s", type(error).__name__)
            connection.close()
            sweep.wait(PAUSE)
        else:
            return
