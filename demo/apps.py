"""The demo as an app: it brings the table of its mailbox. Installed in demo mode and in the suite
only.
"""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DemoConfig(AppConfig):
    name = "demo"
    verbose_name = _("Demostración")
