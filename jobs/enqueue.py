"""Tells the worker that there is something to do, at next to no cost to the request that does the
telling (R4.03).

A nudge is a courtesy: the database row is the truth, and the sweep does what no nudge brought
about. So a broker that is away or mute costs one short timeout, and then nothing for a while.
"""

import logging
import os
import threading
import time

# What Celery loads at its first message, loaded with the process instead: its first customer need
# not wait for it
import celery.app.amqp
import celery.app.events
import celery.events  # noqa: F401
import kombu.transport.redis  # noqa: F401
from celery import Celery, canvas  # noqa: F401
from django.conf import settings
from django.db import transaction
from kombu import Connection

logger = logging.getLogger(__name__)

TIMEOUT = 0.04  # seconds, to connect and for each answer; a broker at hand takes one or two milliseconds
PAUSE = 30.0  # seconds without a nudge after a failure


class Broker:
    """One connection to the broker, shared by the threads of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._app: Celery | None = None
        self._connection: Connection | None = None
        self._quiet_until = 0.0

    def enqueue(self, task_name: str, pk: int) -> None:
        """Queue the task for `pk`. Never raises; when it cannot be done at once, it is left to the
        sweep.
        """
        if time.monotonic() < self._quiet_until or not self._lock.acquire(timeout=TIMEOUT):
            return
        try:
            if time.monotonic() >= self._quiet_until:
                self._publish(task_name, pk)
        except Exception as error:  # noqa: BLE001  the customer's request goes on, whatever the broker does
            self._quiet_until = time.monotonic() + PAUSE
            logger.warning("no nudges for %.0f s, the sweep takes over: %s", PAUSE, type(error).__name__)
            self._disconnect()
        finally:
            self._lock.release()

    def _publish(self, task_name: str, pk: int) -> None:
        if self._app is None:
            # An application of its own: Celery's "current" one differs by thread, and its timeouts
            # are the worker's
            self._app = Celery("courier", set_as_current=False)
            self._app.config_from_object("django.conf:settings", namespace="CELERY")
        if self._connection is None:
            options = {"socket_connect_timeout": TIMEOUT, "socket_timeout": TIMEOUT, "max_retries": 0}
            self._connection = self._app.connection_for_write(
                connect_timeout=TIMEOUT,
                transport_options={
                    **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
                    **options,
                    "retry_on_timeout": False,
                },
            )
        self._app.send_task(
            task_name, args=(pk,), connection=self._connection, retry=False, ignore_result=True
        )

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        try:
            if connection is not None:
                connection.release()
        except Exception as error:  # noqa: BLE001  it is being thrown away
            logger.debug("closing the broker connection: %s", type(error).__name__)


_broker = Broker()


def enqueue(task_name: str, pk: int) -> None:
    """Queue the task for `pk`, within tens of milliseconds or not at all."""
    _broker.enqueue(task_name, pk)


def enqueue_on_commit(task_name: str, pk: int) -> None:
    """Queue the task once the transaction at hand has committed; nothing the nudge does can undo or
    fail that.
    """

    # A function: Django's report of a robust failure asks for a name, which partials lack
    def after_commit() -> None:
        enqueue(task_name, pk)

    transaction.on_commit(after_commit, robust=True)


def _forget_parent() -> None:
    """A forked process must not write on its parent's socket, nor wait for a lock that a lost
    thread held.
    """
    global _broker  # noqa: PLW0603  one courier a process is the point
    _broker = Broker()


os.register_at_fork(after_in_child=_forget_parent)
