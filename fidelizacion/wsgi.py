"""What gunicorn serves. A bad environment is refused here, before the first request."""

import os

import django
from django.core.wsgi import get_wsgi_application

from fidelizacion.content_type import without_extended_parameters
from fidelizacion.start import refuse_a_bad_environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fidelizacion.settings")
django.setup()
refuse_a_bad_environment()
application = without_extended_parameters(get_wsgi_application())
