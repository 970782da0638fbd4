"""Every message the product sends, by name: what it is in words, and how it looks with invented
data.

An app adds its own in AppConfig.ready. The name of a mail is that of its three templates; an
enqueued message carries it as its `kind`, so that the desk can say which message it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise

from notifications.email import rendering
from notifications.models import Message

Words = str | Promise


@dataclass(frozen=True)
class MessageType:
    """A message by its name. `preview` builds one of an invented case; an SMS has only a text.

    `staff`: it goes to people of ours. When it is refused, no customer can be called, and an
    address is to be mended. `copy_refusal`: no copy of it is ever sent, and this says what to do.
    """

    name: str
    title: Words
    channel: Message.Channel
    preview: Callable[[], rendering.RenderedEmail]
    staff: bool = False
    copy_refusal: Words = ""


_entries: dict[str, MessageType] = {}


def register_mail(
    name: str,
    title: Words,
    sample: Callable[[], dict[str, object]],
    *,
    staff: bool = False,
    copy_refusal: Words = "",
) -> None:
    """Add a mail. `sample` returns the context of an invented case, and reads no row of the
    database.
    """
    _add(
        MessageType(
            name, title, Message.Channel.EMAIL, lambda: rendering.render(name, sample()), staff, copy_refusal
        )
    )


def register_sms(name: str, title: Words, sample: Callable[[], str], *, copy_refusal: Words = "") -> None:
    """Add an SMS. `sample` returns the text of an invented case."""
    preview = partial(rendering.RenderedEmail, subject="", html="")
    _add(
        MessageType(
            name, title, Message.Channel.SMS, lambda: preview(text=sample()), copy_refusal=copy_refusal
        )
    )


def message_types() -> list[MessageType]:
    return list(_entries.values())


def staff_kinds() -> list[str]:
    """The names of those that go to people of ours."""
    return [each.name for each in _entries.values() if each.staff]


def message_type(name: str) -> MessageType | None:
    return _entries.get(name)


def title(message: Message) -> str:
    """What the message is, in words; its subject or channel where it has no name of ours."""
    known = _entries.get(message.kind)
    return str(known.title) if known else message.subject or message.get_channel_display()


def _add(new: MessageType) -> None:
    if new.name in _entries:
        raise ImproperlyConfigured(f"dos mensajes se llaman {new.name}")
    _entries[new.name] = new
