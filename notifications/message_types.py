"""Registry of the types of message that the product sends: their titles, and previews with sample
data.

Each app registers its types in AppConfig.ready. The name of a mail's type is the name of its three
templates. The outbox stores the name in `Message.kind`, so that the desk can show the title.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise

from notifications.email import rendering
from notifications.models import Message

Text = str | Promise
# Version 2 has `brand.embedded_logo` in place of `brand.mail_mark`
VERSIONS = (1, 2)


@dataclass(frozen=True)
class MessageType:
    """A type of message.

    `preview` renders it with sample data; for an SMS only `text` is filled. `staff` says that its
    recipients are staff: if one is refused, a staff address needs correcting. `copy_refusal` is
    shown to a user who asks for a copy of a message that must not be copied.

    `versions` are the versions of the templates that this process can render, the newest last. A
    change after which the templates need other facts makes a new version. The templates accept the
    facts of the previous one too, for as long as mails with those may be queued.
    """

    name: str
    title: Text
    channel: Message.Channel
    preview: Callable[[], rendering.RenderedEmail]
    staff: bool = False
    copy_refusal: Text = ""
    versions: tuple[int, ...] = VERSIONS


_message_types: dict[str, MessageType] = {}


def register_mail(
    name: str,
    title: Text,
    sample: Callable[[], dict[str, object]],
    *,
    staff: bool = False,
    copy_refusal: Text = "",
    versions: tuple[int, ...] = VERSIONS,
) -> None:
    """Register a mail. `sample` returns the context of its preview without reading the database."""
    _add(
        MessageType(
            name,
            title,
            Message.Channel.EMAIL,
            lambda: rendering.render(name, sample()),
            staff,
            copy_refusal,
            versions,
        )
    )


def register_sms(name: str, title: Text, sample: Callable[[], str], *, copy_refusal: Text = "") -> None:
    """Register an SMS. `sample` returns the text of its preview."""
    _add(
        MessageType(
            name,
            title,
            Message.Channel.SMS,
            lambda: rendering.RenderedEmail("", sample(), ""),
            copy_refusal=copy_refusal,
        )
    )


def message_types() -> list[MessageType]:
    return list(_message_types.values())


def staff_kinds() -> list[str]:
    """Return the names of the types whose recipients are staff."""
    return [each.name for each in _message_types.values() if each.staff]


def message_type(name: str) -> MessageType | None:
    return _message_types.get(name)


def newest_version(name: str) -> int:
    return _message_types[name].versions[-1]


def can_render(message: Message) -> bool:
    """Whether this process knows the mail's type and the version of its templates."""
    registered = _message_types.get(message.kind)
    return registered is not None and message.template_version in registered.versions


def title(message: Message) -> str:
    """Return the title of the message's type, or its subject or channel if the type is unknown."""
    registered = _message_types.get(message.kind)
    return str(registered.title) if registered else message.stored_subject or message.get_channel_display()


def _add(new: MessageType) -> None:
    if new.name in _message_types:
        raise ImproperlyConfigured(f"dos mensajes se llaman {new.name}")
    _message_types[new.name] = new
