"""The Celery application. Its settings are Django's, under the `CELERY_` prefix; tasks are found in
each app.
"""

import os

from celery import Celery
from celery.signals import beat_init, before_task_publish, celeryd_init, worker_ready
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fidelizacion.settings")

# Not by `broker_transport`: with it kombu drops the TLS of a rediss:// address
TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), "jobs.redis_transport:Transport"))

app = Celery("fidelizacion")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
HEARTBEAT = "operations.tasks.heartbeat"


@celeryd_init.connect
@beat_init.connect
def judge_the_environment(**_: object) -> None:
    """Celery only prints what the system checks find; here an error ends the worker before it takes
    any work.
    """
    from fidelizacion.startup_checks import exit_on_errors  # noqa: PLC0415  Django is not set up when this is imported

    exit_on_errors()


@beat_init.connect
def show_that_beat_lives(**_: object) -> None:
    """A sign at the start and each time beat sends the task that
    is the worker's own sign (R4.16).
    """
    from operations import heartbeats  # noqa: PLC0415  as above

    def sign(**_: object) -> None:
        heartbeats.beat_if_possible(heartbeats.BEAT)

    before_task_publish.connect(sign, sender=HEARTBEAT, weak=False)
    sign()


@worker_ready.connect
def ask_for_a_first_sign(**_: object) -> None:
    """Through the broker like any other: a worker just started need not seem dead until beat's next
    minute.
    """
    app.send_task(HEARTBEAT, expires=55, retry=False)
