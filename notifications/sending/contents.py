"""Renders claimed mails from their snapshots, and stores the content before they are sent.

The content is stored under the lease, so a mail that is sent again, after a crash or by staff, is
the same byte for byte (R4.07).
"""

import logging
from collections.abc import Sequence

from notifications import message_types, outbox
from notifications.email import rendering
from notifications.models import Message

logger = logging.getLogger(__name__)

FIELDS = ["stored_subject", "stored_text", "stored_html", "facts"]


class UnknownTemplate(Exception):
    """This process has no such type of mail, or not this version of its templates.

    During a deploy a newer process wrote the message, and one can send it.
    """


class LeaseLost(Exception):
    """Another process has claimed the message meanwhile."""


def store(message: Message) -> None:
    """Render a claimed mail and store its content; nothing is done if that was done before.

    Raises UnknownTemplate, LeaseLost, or the error of a template.
    """
    if not message.facts:
        return
    if not message_types.can_render(message):
        raise UnknownTemplate(f"{message.kind} {message.template_version}")
    content, facts = _rendered(message), message.facts
    stored = Message.objects.filter(pk=message.pk, lease_token=message.lease_token)
    if not stored.update(**message.set_content(content)):
        message.facts = facts
        raise LeaseLost


def store_each(batch: Sequence[Message]) -> None:
    """Render the mails that one call claimed and store them in one statement.

    A mail that cannot be rendered keeps its facts, and `store` says why when its turn comes.
    """
    rendered: list[tuple[Message, str]] = []
    for message in batch:
        if message.facts and message_types.can_render(message):
            facts = message.facts
            try:
                message.set_content(_rendered(message))
            except Exception as error:  # noqa: BLE001  `store` raises it again, and it is recorded there
                logger.debug("message %s: %s", message.pk, type(error).__name__)
            else:
                rendered.append((message, facts))
    if not rendered:
        return
    held = Message.objects.filter(lease_token=rendered[0][0].lease_token)
    if held.bulk_update([message for message, _facts in rendered], FIELDS) != len(rendered):
        for message, facts in rendered:
            message.facts = facts  # one of the leases was lost: each is stored singly


def _rendered(message: Message) -> rendering.RenderedEmail:
    return outbox.clean(rendering.render_snapshot(message.kind, message.facts))
