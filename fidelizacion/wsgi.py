"""The WSGI application. It exits here, before the first request, if a system check fails."""

import os

import django
from django.core.wsgi import get_wsgi_application

from fidelizacion.content_type import with_safe_content_type
from fidelizacion.jinja import compile_pages
from fidelizacion.startup_checks import exit_on_errors
from jobs import redis_transport  # noqa: F401  kombu would import it at the first message, while a customer waits

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fidelizacion.settings")
django.setup()
exit_on_errors()
compile_pages()
application = with_safe_content_type(get_wsgi_application())
