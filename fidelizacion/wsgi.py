"""What gunicorn serves. A bad environment is refused here, before the first request."""

import os

import django
from django.core.wsgi import get_wsgi_application

from fidelizacion.content_type import with_our_charset
from fidelizacion.startup_checks import exit_on_errors

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fidelizacion.settings")
django.setup()
exit_on_errors()
application = with_our_charset(get_wsgi_application())
