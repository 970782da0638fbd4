"""What a message is about, as staff read it in place of its `subject_ref` (L2)."""

from django.utils.translation import gettext_lazy

from notifications.models import Message

# By the first part of `subject_ref`, as in "ticket:3608314"; the second part is a number
SUBJECT_LABELS = {
    "ticket": gettext_lazy("Ticket n.º {number}"),
    "invitation": gettext_lazy("Invitación n.º {number}"),
    "operations": gettext_lazy("Operación"),
}


def subject_label(message: Message) -> str:
    """Return the ticket, invitation or operation that the message is about."""
    kind, _colon, number = message.subject_ref.partition(":")
    return str(SUBJECT_LABELS[kind]).format(number=number) if kind in SUBJECT_LABELS else message.subject_ref
