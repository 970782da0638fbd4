"""Deliver documents to staff, and record each delivery and refusal (R3.15-R3.19, R5.09)."""

import hashlib
import logging
from io import BytesIO

from django.contrib.auth.models import User
from django.http import FileResponse, HttpRequest
from django.utils import timezone

from attachments.models import DocumentEvent, ScannedDocument
from otp.addresses import client_address

logger = logging.getLogger(__name__)

What = DocumentEvent.What
HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class DownloadRefused(Exception):
    """The document is not delivered, for the reason in `what`. The refusal is already recorded."""

    def __init__(self, what: DocumentEvent.What) -> None:
        super().__init__(what)
        self.what = what


def deliver(request: HttpRequest, user: User, document: ScannedDocument) -> FileResponse:
    """Return the document as it was sent. The caller has checked the user's permission.

    Raises DownloadRefused for a document that the antivirus has not found clean, or whose file is
    missing or changed. A row is written first, so nothing unrecorded is delivered.
    """
    content, refusal = None, What.MISSING
    if document.is_deliverable:
        content = _content(document)
    else:
        refusal = What(document.scan)
    if content is None:
        record(request, user, document, refusal)
        raise DownloadRefused(refusal)
    record(request, user, document, What.DELIVERED)
    return FileResponse(
        BytesIO(content),
        as_attachment=True,
        filename=document.original_name,
        content_type=document.content_type,
        headers=HEADERS,
    )


def record(request: HttpRequest, user: User, document: ScannedDocument, what: DocumentEvent.What) -> None:
    """Record who requested the document, from which address, and the result."""
    document.events.create(
        at=timezone.now(),
        what=what,
        user=user,
        actor=(user.get_full_name() or user.get_username())[:150],
        address=str(client_address(request) or ""),
        request_id=getattr(request, "request_id", ""),
    )


def _content(document: ScannedDocument) -> bytes | None:
    """Return the whole file; None when it is missing or its checksum has changed."""
    try:
        with document.file.open("rb") as file:
            content: bytes = file.read()
    except Exception:  # remote stores raise exceptions of their own libraries
        logger.exception("The file of %s cannot be read", document.name_in_logs)
        return None
    if hashlib.sha256(content).hexdigest() != document.sha256:
        logger.error("The file of %s is not the one that was received", document.name_in_logs)
        return None
    return content
