"""The directory: companies, the services they contracted, and their administrators."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CompaniesConfig(AppConfig):
    name = "companies"
    verbose_name = _("Directorio de empresas")
