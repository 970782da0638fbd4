"""Stored documents: those staged for a form, and what every app that keeps documents builds its own
model on.

An app above this one subclasses `ScannedDocument` for its documents and `DocumentEvent` for their
audit, and registers the first with `attachments.scanning`. The daily clean-up finds every subclass
of `StoredDocument` by itself.
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
    """Where documents live: the default storage, which no address serves (R3.15)."""
    return default_storage


class StoredDocument(models.Model):
    """A document that was accepted. The name is text only; the stored file has a random name
    (R3.15, R3.16).

    A subclass needs an index on `file`: the daily clean-up asks for the owner of every stored file.
    """

    original_name = models.CharField(_("nombre"), max_length=100)
    content_type = models.CharField(_("tipo"), max_length=100)  # ours, never the browser's
    size = models.PositiveIntegerField(_("tamaño en bytes"))
    sha256 = models.CharField("SHA-256", max_length=64)
    file = models.FileField(_("archivo"), storage=private_storage, max_length=100)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.original_name


class StagedFile(StoredDocument):
    """A document kept for a form that is not confirmed yet, so that nobody sends it twice.

    Only the administrator who sent it, in the same browser session, can name it (R6.11). When a
    confirmed form takes it, the stored file becomes that document's; the row stays a while, so that
    a second click can still say what it sent.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    administrator = models.ForeignKey(Administrator, on_delete=models.CASCADE, related_name="+")
    # What stands for the browser session (`otp.session.holder`)
    browser_token = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_index=True)
    claimed_by = models.UUIDField(null=True)  # the submission key of the form that took it

    class Meta:
        verbose_name = _("documento por confirmar")
        verbose_name_plural = _("documentos por confirmar")
        indexes = [models.Index(fields=["file"], name="staged_file")]


class ScannedDocumentQuerySet(models.QuerySet[D_co]):
    def to_scan(self, now: datetime) -> Self:
        """Those that the antivirus has not judged, whose turn it is, and that nobody is at."""
        return self.filter(leases.free(now), scan=ScannedDocument.Scan.PENDING, next_scan_at__lte=now)


class ScannedDocument(StoredDocument, Leased):
    """A document that the antivirus looks at, and that only staff may have.

    A subclass needs an index on `scan` and `next_scan_at`, a `DocumentEvent` whose foreign key to
    it has the related name `events`, an `owner_in_logs`, and to be registered with
    `attachments.scanning`.
    """

    class Scan(models.TextChoices):
        """What the antivirus found. Where there is none, a document stays pending until there is
        one (R3.18).
        """

        PENDING = "pending", _("En revisión")
        CLEAN = "clean", _("Revisado")
        INFECTED = "infected", _("Contiene un virus")
        ERROR = "error", _("No se pudo revisar")

    if TYPE_CHECKING:
        events: RelatedManager[Any]  # of the subclass's own DocumentEvent

    scan = models.CharField(_("antivirus"), max_length=8, choices=Scan.choices, default=Scan.PENDING)
    signature = models.CharField(_("virus"), max_length=200, blank=True)  # as the antivirus calls it
    scanned_at = models.DateTimeField(_("revisado"), null=True)
    scan_attempts = models.PositiveSmallIntegerField(default=0)
    next_scan_at = models.DateTimeField(default=timezone.now)

    objects = ScannedDocumentQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def name_in_logs(self) -> str:
        """`attachment 12`: never the name that the customer gave it."""
        return f"{self._meta.model_name} {self.pk}"

    @property
    def owner_in_logs(self) -> str:
        """What the document belongs to, as the log line about a virus names it."""
        raise NotImplementedError

    @property
    def is_deliverable(self) -> bool:
        """Whether staff may have it: with an antivirus only what it found clean, and never what one
        found infected.
        """
        return self.shown_scan in {"clean", "unscanned"}

    @property
    def shown_scan(self) -> str:
        """What the antivirus says of it; `unscanned` where there
        is none that could say anything.
        """
        unknown = self.scan in {self.Scan.PENDING, self.Scan.ERROR}
        return "unscanned" if unknown and settings.CLAMD is None else self.scan


class DocumentEvent(AppendOnlyModel):
    """Who had a document or was refused it, and who asked to have
    it scanned again (R3.17, R5.09).
    """

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
    # A member of staff at the desk, or else the account of the machine that ran the command
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
