"""The Celery application. Its settings are Django's with the prefix `CELERY_`."""

import os

from celery import Celery
from celery.signals import beat_init, before_task_publish, celeryd_init, task_prerun, worker_ready
from django.db import close_old_connections
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fidelizacion.settings")

# The setting `broker_transport` would do the same, but with it kombu drops the TLS of rediss://
TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), "jobs.redis_transport:Transport"))

app = Celery("fidelizacion")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Celery would otherwise close the database connection before and after each task. Opening one costs
# PostgreSQL ten times the work of a task, because it starts a process with empty caches
app.conf["CELERY_DB_REUSE_MAX"] = 1_000_000  # tasks
HEARTBEAT = "operations.tasks.heartbeat"


@task_prerun.connect
def close_unusable_connections(**_: object) -> None:
    """Before a task, close a connection that broke or is older than CONN_MAX_AGE, as Django does
    before a request.
    """
    close_old_connections()


@celeryd_init.connect
@beat_init.connect
def check_environment(**_: object) -> None:
    """Exit on errors of the system checks before taking any task; Celery would only print them."""
    from fidelizacion.startup_checks import exit_on_errors  # noqa: PLC0415  Django is not set up when this module is imported

    exit_on_errors()


@beat_init.connect
def start_beat_heartbeat(**_: object) -> None:
    """Write beat's heartbeat now, and whenever beat sends the worker's heartbeat task (R4.16)."""
    from operations import heartbeats  # noqa: PLC0415  as above

    def write(**_: object) -> None:
        heartbeats.beat_if_possible(heartbeats.BEAT)

    before_task_publish.connect(write, sender=HEARTBEAT, weak=False)
    write()


@worker_ready.connect
def request_first_heartbeat(**_: object) -> None:
    """Send the heartbeat task at once, so that a new worker does not seem dead for a minute."""
    app.send_task(HEARTBEAT, expires=55, retry=False)
