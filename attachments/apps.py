"""Documents of customers: staged for a form, stored, scanned, handed to staff."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AttachmentsConfig(AppConfig):
    name = "attachments"
    verbose_name = _("Documentos")

    def ready(self) -> None:
        from attachments import scanning  # noqa: PLC0415  models exist only now
        from jobs import sweep  # noqa: PLC0415

        sweep.register("antivirus", scanning.sweep_documents)
