"""The Celery application. Its settings are Django's, under the `CELERY_` prefix; tasks are found in each app."""

import os

from celery import Celery
from celery.signals import beat_init, celeryd_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fidelizacion.settings")

app = Celery("fidelizacion")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@celeryd_init.connect
@beat_init.connect
def judge_the_environment(**_: object) -> None:
    """Celery only prints what the system checks find; here an error ends the worker before it takes any work."""
    from fidelizacion.start import refuse_a_bad_environment  # noqa: PLC0415  Django is not set up when this is imported

    refuse_a_bad_environment()
