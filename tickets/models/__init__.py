"""Models: request types and their fields, tickets and their lines, documents and history."""

from tickets.models.documents import Attachment, AttachmentEvent
from tickets.models.history import TicketEvent
from tickets.models.public_requests import PublicRequest
from tickets.models.request_types import (
    OTHER_REASON,
    Area,
    CalendarDay,
    Reason,
    RequestField,
    RequestType,
    RequiredDocument,
    catalogue_changed,
)
from tickets.models.tickets import LatestRequest, LineList, Ticket, TicketLine, TicketQuerySet

__all__ = [
    "OTHER_REASON",
    "Area",
    "Attachment",
    "AttachmentEvent",
    "CalendarDay",
    "LatestRequest",
    "LineList",
    "PublicRequest",
    "Reason",
    "RequestField",
    "RequestType",
    "RequiredDocument",
    "Ticket",
    "TicketEvent",
    "TicketLine",
    "TicketQuerySet",
    "catalogue_changed",
]
