"""kombu's Redis transport, changed so that a failed acknowledgement does not block the worker.

A worker takes as many unacknowledged tasks as it has processes. kombu frees the place of a task
after Redis has confirmed its acknowledgement; when Redis stalls for longer than `socket_timeout`,
the place is never freed. After as many such failures as the worker has processes it takes no task
until it is restarted, and nothing shows it.

Here the place is freed whatever Redis answers. The task stays in Redis' list of unacknowledged
ones and is delivered again after `visibility_timeout`. A task may run twice (R4.13): the database
row decides what is done.
"""

from collections.abc import Callable
from typing import Any

from kombu.transport import redis
from kombu.transport.virtual import QoS as VirtualQoS


class QoS(redis.QoS):
    """Counts the tasks in progress."""

    def ack(self, delivery_tag: str) -> None:
        self._free_place_after(super().ack, delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        self._free_place_after(super().reject, delivery_tag, requeue=requeue)

    def _free_place_after(self, answer_redis: Callable[..., None], delivery_tag: str, **options: Any) -> None:
        try:
            answer_redis(delivery_tag, **options)
        except Exception:
            VirtualQoS.ack(self, delivery_tag)
            raise


class Channel(redis.Channel):
    QoS = QoS


class Transport(redis.Transport):
    Channel = Channel
