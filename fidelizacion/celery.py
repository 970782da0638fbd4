"""The Celery application. Its settings are Django's, under the `CELERY_` prefix; tasks are found in each app."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fidelizacion.settings")

app = Celery("fidelizacion")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
