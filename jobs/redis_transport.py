"""kombu's Redis transport, changed so that a failed acknowledgement does not block the worker.

A worker has one slot for an unacknowledged task per process (the prefetch count). kombu frees a
task's slot after Redis has confirmed the acknowledgement; if Redis stalls for longer than
`socket_timeout`, the slot is never freed. After as many such failures as it has processes, the
worker takes no more tasks until it is restarted, and logs nothing.

This transport frees the slot even if Redis gives no answer. The task stays in Redis' list of
unacknowledged ones and is delivered again after `visibility_timeout`. That is safe, because tasks
may run twice (R4.13): the database row decides what is done.
"""

from collections.abc import Callable
from typing import Any

from kombu.transport import redis
from kombu.transport.virtual import QoS as VirtualQoS


class QoS(redis.QoS):
    """Counts unacknowledged tasks, and frees the slot of one whose acknowledgement failed."""

    def ack(self, delivery_tag: str) -> None:
        self._free_slot_after(super().ack, delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        self._free_slot_after(super().reject, delivery_tag, requeue=requeue)

    def _free_slot_after(self, acknowledge: Callable[..., None], delivery_tag: str, **options: Any) -> None:
        try:
            acknowledge(delivery_tag, **options)
        except Exception:
            VirtualQoS.ack(self, delivery_tag)
            raise


class Channel(redis.Channel):
    QoS = QoS


class Transport(redis.Transport):
    Channel = Channel
