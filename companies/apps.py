"""The directory: which companies there are, what they hired, and who may speak for them."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CompaniesConfig(AppConfig):
    name = "companies"
    verbose_name = _("Directorio de empresas")
