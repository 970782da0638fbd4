"""Retry recording a delivery while the database is down; an unrecorded one would be sent twice."""

import logging
import time
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connection

from jobs import sweep

logger = logging.getLogger(__name__)

# Seconds: enough for a restart or a switch to the standby, and within the worker's time limit
RETRY_FOR = 15.0
PAUSE = 0.5


def retry_while_down(write: Callable[[], object]) -> None:
    """Call `write` until the database answers, for up to 15 seconds.

    Raises the database's error when the time is up, when the process is asked to stop, or inside a
    transaction. `write` must be safe to repeat: a COMMIT may have succeeded though its answer was
    lost.
    """
    deadline = time.monotonic() + RETRY_FOR
    while True:
        try:
            write()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or sweep.stopping() or time.monotonic() >= deadline:
                raise
            logger.warning("an outcome cannot be written yet: %s", type(error).__name__)
            connection.close()
            sweep.wait(PAUSE)
        else:
            return
