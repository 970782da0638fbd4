"""Celery's scheduler, limited to one active process at a time (beat_lease.py)."""

from typing import Any

from celery.beat import PersistentScheduler

from jobs import query_limits

LEASE_QUERY_SECONDS = 2.0  # so that a hung database does not stop beat's tick


class Scheduler(PersistentScheduler):
    """Sends nothing while another beat holds the lease, and tries to take it every 10 s."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        from operations.beat_lease import BeatLease  # noqa: PLC0415  Celery imports this module before Django is set up

        self.lease = BeatLease()
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        from operations.beat_lease import RENEW  # noqa: PLC0415  as above

        with query_limits.within(LEASE_QUERY_SECONDS):
            allowed = self.lease.may_schedule()
        if not allowed:
            return RENEW
        return min(float(super().tick(*args, **kwargs)), RENEW)

    def close(self) -> None:
        """Release the lease. Celery calls this on SIGTERM, and again at the end."""
        self.lease.release()
        super().close()
