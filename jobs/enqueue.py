"""Enqueue a task for the worker in 40 ms or less, without retry (R4.03).

Enqueuing only saves time: the database row says what is due, and the sweep does what no task has
done. An unavailable broker therefore costs the request one short timeout. Nothing is enqueued for
30 seconds after that.
"""

import logging
import os
import threading
import time
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from kombu import Connection, Producer

logger = logging.getLogger(__name__)

# Seconds, to connect and for each answer; a broker in the same data centre takes 1 or 2 ms
TIMEOUT = 0.04
PAUSE = 30.0  # seconds without enqueuing after a failure


class Broker:
    """One connection to the broker, shared by the threads of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._producer: Producer | None = None
        self._paused_until = 0.0

    def enqueue(self, task_name: str, argument: object) -> None:
        """Enqueue the task for a key or a list of keys. Never raises: the sweep does the rest."""
        if time.monotonic() < self._paused_until or not self._lock.acquire(timeout=TIMEOUT):
            return
        try:
            if time.monotonic() >= self._paused_until:
                self._publish(task_name, argument)
        except Exception as error:  # noqa: BLE001  the customer's request goes on, whatever the broker does
            self._paused_until = time.monotonic() + PAUSE
            logger.warning(
                "nothing is enqueued for %.0f s, the sweep takes over: %s", PAUSE, type(error).__name__
            )
            self._disconnect()
        finally:
            self._lock.release()

    def _publish(self, task_name: str, argument: object) -> None:
        """Publish a message of Celery's protocol 2 with the headers that it demands.

        `send_task` takes twice as long: it looks up routes, fills twenty headers and asks Redis for
        the queues of an exchange. The exchange "" leads to the queue itself.
        """
        if self._producer is None:
            self._producer = Producer(self._connect().default_channel, auto_declare=False)
        task_id = str(uuid4())
        route = settings.CELERY_TASK_ROUTES.get(task_name, {})
        self._producer.publish(
            ((argument,), {}, {}),
            exchange="",
            routing_key=route.get("queue", "celery"),
            serializer="json",
            correlation_id=task_id,
            headers={
                "lang": "py",
                "task": task_name,
                "id": task_id,
                "root_id": task_id,
                "parent_id": None,
                "group": None,
                "ignore_result": True,
            },
        )

    def _connect(self) -> Connection:
        options = {"socket_connect_timeout": TIMEOUT, "socket_timeout": TIMEOUT, "max_retries": 0}
        self._connection = Connection(
            settings.CELERY_BROKER_URL,
            connect_timeout=TIMEOUT,
            transport_options={
                **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
                **options,
                "retry_on_timeout": False,
            },
        )
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection, self._producer = self._connection, None, None
        try:
            if connection is not None:
                connection.release()
        except Exception as error:  # noqa: BLE001  the connection is dropped anyway
            logger.debug("closing the broker connection: %s", type(error).__name__)


_broker = Broker()


def enqueue(task_name: str, argument: object) -> None:
    """Enqueue the task for a row's key, or a list of keys, within 40 ms or not at all."""
    _broker.enqueue(task_name, argument)


def enqueue_on_commit(task_name: str, argument: object) -> None:
    """Enqueue the task after the current transaction has committed; never raises."""

    # Not a partial: Django logs the function's name when it fails
    def after_commit() -> None:
        enqueue(task_name, argument)

    transaction.on_commit(after_commit, robust=True)


def _replace_broker() -> None:
    """Give a forked process a new connection and lock: the inherited socket is shared with the
    parent, and a thread that exists only there may hold the inherited lock.
    """
    global _broker  # noqa: PLW0603  each process has one
    _broker = Broker()


os.register_at_fork(after_in_child=_replace_broker)
