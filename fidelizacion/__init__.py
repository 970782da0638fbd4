"""The project: settings, addresses, Celery, system checks. Nothing imports it but the processes it
starts.
"""

from fidelizacion.celery import app as celery_app

__all__ = ["celery_app"]
