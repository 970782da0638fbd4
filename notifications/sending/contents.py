"""Renders claimed mails from their snapshots, and stores the content before they are sent.

The content is stored under the lease, so a mail that is sent again, after a crash or by staff, is
the same byte for byte (R4.07).
"""

import logging
from collections.abc import Sequence
from contextlib import nullcontext

from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction

from notifications import message_types, outbox
from notifications.email import rendering
from notifications.models import Message

logger = logging.getLogger(__name__)

# Both engines name the columns of VALUES column1, column2, ...
STORE_EACH = """
    UPDATE notifications_message SET subject = v.column2, text = v.column3, html = v.column4, facts = ''
    FROM (VALUES {rows}) AS v WHERE id = v.column1 AND lease_token = %s
"""


class UnknownTemplate(Exception):
    """This process has no such type of mail, or not this version of its templates.

    During a deploy a newer process wrote the message, and one can send it.
    """


class LeaseLost(Exception):
    """Another process has claimed the message meanwhile."""


def store(message: Message) -> None:
    """Render a claimed mail and store its content, unless it is stored already.

    Raises UnknownTemplate, LeaseLost, or the error of a template.
    """
    if not message.facts:
        return
    if not message_types.can_render(message):
        raise UnknownTemplate(f"{message.kind} {message.template_version}")
    content, facts = _rendered(message), message.facts
    stored = Message.objects.filter(pk=message.pk, lease_token=message.lease_token)
    with transaction.atomic():
        found = stored.update(**message.set_content(content))
    if not found:
        message.facts = facts
        raise LeaseLost


def store_each(batch: Sequence[Message]) -> None:
    """Render the mails that one call claimed and store them in one statement.

    A mail that cannot be rendered keeps its facts; when its turn comes, `store` raises the error.
    """
    with_facts = [(message, message.facts) for message in batch]  # rendering clears them
    rendered = [(message, facts) for message, facts in with_facts if _render_into(message)]
    if not rendered:
        return
    try:
        stored = _store_rendered([message for message, _facts in rendered])
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:  # noqa: BLE001  `store` raises it again for the mail that it is about
        logger.debug("a batch cannot be stored: %s", type(error).__name__)
        stored = 0
    if stored != len(rendered):
        for message, facts in rendered:
            message.facts = facts  # a lease was lost, or a mail cannot be stored: each is stored singly


def _store_rendered(messages: Sequence[Message]) -> int:
    """Write the content of mails that one call claimed. Returns how many leases were still held.

    `bulk_update` writes a CASE with every key for each column, and takes ten times as long.
    """
    rows = [(each.pk, each.stored_subject, each.stored_text, each.stored_html) for each in messages]
    statement = STORE_EACH.format(rows=", ".join(["(%s, %s, %s, %s)"] * len(rows)))
    parameters = [value for row in rows for value in row]
    # Inside a transaction this is a savepoint: after an error, the mails can be stored singly in it
    with transaction.atomic() if connection.in_atomic_block else nullcontext(), connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, messages[0].lease_token])
        return int(cursor.rowcount)


def _render_into(message: Message) -> bool:
    """Render a message that has no content yet. Returns whether it was rendered."""
    if not message.facts or not message_types.can_render(message):
        return False
    try:
        message.set_content(_rendered(message))
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:  # noqa: BLE001  `store` raises it again, and it is recorded there
        logger.debug("message %s: %s", message.pk, type(error).__name__)
        return False
    return True


def _rendered(message: Message) -> rendering.RenderedEmail:
    return outbox.clean(rendering.render_snapshot(message.kind, message.facts))
