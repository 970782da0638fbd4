"""The WSGI application of the fair floor."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.fair.settings"
application = get_wsgi_application()
