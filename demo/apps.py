"""The demo as a Django app, for the table of its mailbox.

It is installed in demo mode and in the tests only.
"""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DemoConfig(AppConfig):
    name = "demo"
    verbose_name = _("Demostración")
