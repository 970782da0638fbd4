"""Documents that customers sent with tickets, and their audit."""

from uuid import UUID

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from attachments.models import DocumentEvent, ScannedDocument
from audit.append_only import AppendOnlyQuerySet
from tickets.models.tickets import Ticket


class Attachment(ScannedDocument):
    """A document that the customer sent with a ticket."""

    ticket = models.ForeignKey(
        Ticket, verbose_name=_("solicitud"), on_delete=models.PROTECT, related_name="attachments"
    )

    class Meta:
        verbose_name = _("documento adjunto")
        verbose_name_plural = _("documentos adjuntos")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["scan", "next_scan_at"], name="attachment_scan_next"),
            # For the daily clean-up, which searches the row of each stored file
            models.Index(fields=["file"], name="attachment_file"),
        ]

    @property
    def owner_in_logs(self) -> str:
        return f"ticket {self.ticket_id}"

    @classmethod
    def sent_with(cls, submission_key: UUID) -> list[tuple[str, str]]:
        """Return digest and type of each document of the ticket with this key.

        Plain SQL, because each form with a document runs it, and composing Django's query takes
        longer than running it.
        """
        key = Ticket._meta.get_field("submission_key").get_db_prep_value(submission_key, connection)  # noqa: SLF001  public in Django's documentation
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT document.sha256, document.content_type FROM tickets_attachment document"
                " JOIN tickets_ticket ticket ON ticket.number = document.ticket_id"
                " WHERE ticket.submission_key = %s",
                [key],
            )
            rows: list[tuple[str, str]] = cursor.fetchall()
            return rows


class AttachmentEvent(DocumentEvent):
    """An audit line of a document: a download, a refused one, a requested scan (R3.17, R5.09)."""

    attachment = models.ForeignKey(
        Attachment, verbose_name=_("documento"), on_delete=models.PROTECT, related_name="events"
    )

    objects = AppendOnlyQuerySet["AttachmentEvent"].as_manager()

    class Meta:
        verbose_name = _("movimiento de un documento")
        verbose_name_plural = _("auditoría de documentos")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["at"], name="attachment_event_at")]
