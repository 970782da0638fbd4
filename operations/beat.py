"""Celery's scheduler, kept to one process at a time (beat_lease.py says how)."""

from typing import Any

from celery.beat import PersistentScheduler

from jobs import query_limits

# Seconds for a query of the lease's: beat has other things to do than to wait for a hung database
PATIENCE = 2.0


class Scheduler(PersistentScheduler):
    """Sends nothing while another beat lives; looks often enough to follow it when it dies."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        from operations.beat_lease import BeatLease  # noqa: PLC0415  Celery imports this before Django is set up

        self.lease = BeatLease()
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        from operations.beat_lease import RENEW  # noqa: PLC0415  as above

        with query_limits.within(PATIENCE):
            allowed = self.lease.may_schedule()
        if not allowed:
            return RENEW
        return min(float(super().tick(*args, **kwargs)), RENEW)

    def close(self) -> None:
        """Celery calls it on SIGTERM, and again at the end."""
        self.lease.release()
        super().close()
