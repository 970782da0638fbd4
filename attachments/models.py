"""Staged files, and the abstract models of documents for other apps.

An app that depends on this one subclasses `ScannedDocument` for its documents and `DocumentEvent`
for their audit, and registers the first with `attachments.scanning`. The daily clean-up finds every
subclass of `StoredDocument` without registration.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar
from uuid import uuid4

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.storage.base import Storage
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.append_only import AppendOnlyModel
from companies.models import Administrator
from jobs import leases
from jobs.leases import Leased

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

D_co = TypeVar("D_co", bound="ScannedDocument", covariant=True)


def private_storage() -> Storage:
    """Return the storage of documents: the default one, which no URL serves (R3.15)."""
    return default_storage


class StoredDocument(models.Model):
    """A document that was accepted. The customer's name for it is only shown; the stored file has a
    random name (R3.15, R3.16).

    A subclass needs an index on `file`: the daily clean-up looks up the row of every stored file.
    """

    original_name = models.CharField(_("nombre"), max_length=100)
    content_type = models.CharField(_("tipo"), max_length=100)  # from the inspection, never from the browser
    size = models.PositiveIntegerField(_("tamaño en bytes"))
    sha256 = models.CharField("SHA-256", max_length=64)
    file = models.FileField(_("archivo"), storage=private_storage, max_length=100)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.original_name


class StagedFile(StoredDocument):
    """A document of a form that is not confirmed yet, kept so that it is uploaded only once.

    Only the administrator who sent it can use it, in the same browser session (R6.11). A confirmed
    form claims it, and its stored file becomes the file of a ticket's document. The row stays for a
    day, so that after a double click the second request finds the same documents.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    # Null if the form is of a person without a registered number
    administrator = models.ForeignKey(Administrator, null=True, on_delete=models.CASCADE, related_name="+")
    # The token of the browser session (`otp.session.browser_token`), or of that form
    browser_token = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_index=True)
    claimed_by = models.UUIDField(null=True)  # the submission key of the form that claimed it

    class Meta:
        verbose_name = _("documento por confirmar")
        verbose_name_plural = _("documentos por confirmar")
        indexes = [models.Index(fields=["file"], name="staged_file")]


class ScannedDocumentQuerySet(models.QuerySet[D_co]):
    def to_scan(self, now: datetime) -> Self:
        """The documents without a verdict that are due and that no worker is scanning."""
        return self.filter(leases.free(now), scan=ScannedDocument.Scan.PENDING, next_scan_at__lte=now)


class ScannedDocument(StoredDocument, Leased):
    """A document that the antivirus scans and only staff can download.

    A subclass needs an index on `scan` and `next_scan_at`, a `DocumentEvent` whose foreign key to
    it has the related name `events`, an `owner_in_logs`, and to be registered with
    `attachments.scanning`.
    """

    class Scan(models.TextChoices):
        """The result of the scan. Without an antivirus, documents stay pending (R3.18)."""

        PENDING = "pending", _("En revisión")
        CLEAN = "clean", _("Revisado")
        INFECTED = "infected", _("Contiene un virus")
        ERROR = "error", _("No se pudo revisar")

    if TYPE_CHECKING:
        events: RelatedManager[Any]  # of the subclass's own DocumentEvent

    scan = models.CharField(_("antivirus"), max_length=8, choices=Scan.choices, default=Scan.PENDING)
    signature = models.CharField(_("virus"), max_length=200, blank=True)  # the virus's name
    scanned_at = models.DateTimeField(_("revisado"), null=True)
    scan_attempts = models.PositiveSmallIntegerField(default=0)
    next_scan_at = models.DateTimeField(default=timezone.now)

    objects = ScannedDocumentQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def name_in_logs(self) -> str:
        """Such as `attachment 12`, never the personal name that the customer gave to the file."""
        return f"{self._meta.model_name} {self.pk}"

    @property
    def owner_in_logs(self) -> str:
        """The object that the document belongs to, for the log line about a virus."""
        raise NotImplementedError

    @property
    def is_deliverable(self) -> bool:
        """Return whether staff can download it: it is clean, or no antivirus is set up."""
        return self.shown_scan in {"clean", "unscanned"}

    @property
    def shown_scan(self) -> str:
        """The scan's result; `unscanned` without a verdict and without an antivirus."""
        unknown = self.scan in {self.Scan.PENDING, self.Scan.ERROR}
        return "unscanned" if unknown and settings.CLAMD is None else self.scan


class DocumentEvent(AppendOnlyModel):
    """A delivery, a refusal or a request to scan a document again (R3.17, R5.09)."""

    class What(models.TextChoices):
        DELIVERED = "delivered", _("Descargado")
        PENDING = "pending", _("Negado: en revisión")
        ERROR = "error", _("Negado: no se pudo revisar")
        INFECTED = "infected", _("Negado: contiene un virus")
        FORBIDDEN = "forbidden", _("Negado: sin permiso")
        MISSING = "missing", _("No se pudo leer el archivo")
        RESCAN = "rescan", _("Se pidió revisarlo otra vez")

    at = models.DateTimeField(_("cuándo"))
    what = models.CharField(_("qué"), max_length=9, choices=What.choices)
    # A member of staff; empty when a command was run, with its system account in `actor`
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("usuario"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    actor = models.CharField(_("quién"), max_length=150)
    address = models.CharField(_("dirección de red"), max_length=45, blank=True)
    request_id = models.CharField(_("referencia"), max_length=32, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_what_display()}"
