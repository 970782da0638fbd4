"""How the desk writes a moment in a list, and what it says a message is about (L2)."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy

from notifications.models import Message

# By the first part of `subject_ref`; the second, where there is one, is a number
SUBJECT_LABELS = {
    "ticket": gettext_lazy("Ticket n.º {number}"),
    "invitation": gettext_lazy("Invitación n.º {number}"),
    "operations": gettext_lazy("Operación"),
}


def moment(at: datetime) -> str:
    """A moment in a list, where there is no room for a sentence."""
    return date_format(timezone.localtime(at), "j b Y, H:i")


def subject_label(message: Message) -> str:
    """Whose business the message is."""
    kind, _colon, number = message.subject_ref.partition(":")
    return str(SUBJECT_LABELS[kind]).format(number=number) if kind in SUBJECT_LABELS else message.subject_ref
