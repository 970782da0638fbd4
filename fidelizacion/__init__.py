"""The Django project: settings, addresses, middleware, Celery and system checks.

Only the processes and the demo import it; the packages of the product do not.
"""

from fidelizacion.celery import app as celery_app

__all__ = ["celery_app"]
