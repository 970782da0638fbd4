"""kombu's Redis transport, whose worker takes tasks again after an acknowledgement that failed.

A worker takes as many unacknowledged tasks as it has processes. kombu frees the place of a task
after Redis has confirmed its acknowledgement; when Redis stalls for longer than `socket_timeout`,
the place is never freed. After as many such failures as the worker has processes it takes no task
until it is restarted, and nothing shows it.

Here the place is freed whatever Redis answers. The task stays in Redis' list of unacknowledged
ones, and comes again after `visibility_timeout`: tasks may come twice (R4.13), since the database
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

    def _free_place_after(self, tell_redis: Callable[..., None], delivery_tag: str, **options: Any) -> None:
        try:
            tell_redis(delivery_tag, **options)
        except Exception:
            VirtualQoS.ack(self, delivery_tag)
            raise


class Channel(redis.Channel):
    QoS = QoS


class Transport(redis.Transport):
    Channel = Channel
