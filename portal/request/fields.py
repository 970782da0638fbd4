"""Form fields that keep to the rules of typed text and of attachments (R6.13, A11)."""

import json
import re
import unicodedata
from functools import cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext as _

from attachments.inspection import EXTENSIONS, MAX_BYTES, MAX_FILES, inspect
from attachments.inspection.refusals import EXTENSIONS_WITH_ADVICE
from attachments.uploads import ReceivedFile
from companies import phones

# Control, half a character, line and paragraph separators
CONTROL_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})


class TypedText(forms.CharField):
    """Text as a person types it: any language and any emoji, no control character."""

    allowed_controls = ""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # What it looks for is a control character like the others, told once
        self.validators = [v for v in self.validators if not isinstance(v, ProhibitNullCharactersValidator)]

    def to_python(self, value: Any) -> str:
        text = super().to_python(self.with_one_line_end(value) if isinstance(value, str) else value) or ""
        if any(
            unicodedata.category(c) in CONTROL_CATEGORIES and c not in self.allowed_controls for c in text
        ):
            raise ValidationError(
                _(
                    "El texto contiene caracteres que no se pueden guardar. Bórrelos o escriba el texto de nuevo."
                ),
                code="control_characters",
            )
        return text

    def with_one_line_end(self, value: str) -> str:
        return value


# What a mail program turns into a link: an address, a scheme, or a name that ends like a domain
ADDRESS_IN_NAME = re.compile(
    r"[@/]|www\.|[\w-]{2,}\.[^\W\d_]{2,}|\b\w\.(?:com|co|net|org|info|ec|ai|io|me|app|link)\b", re.IGNORECASE
)


class PersonName(TypedText):
    """The names of a person, which the operator's mails repeat:
    they may contain no address (S4).
    """

    registered = ""  # the names in the directory, accepted as they are: the form comes filled in with them

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        if text != self.registered and ADDRESS_IN_NAME.search(_as_seen(text)):
            raise ValidationError(
                _(
                    "Escriba solo los nombres, sin correos ni direcciones web. Después del punto de un título, deje un "
                    "espacio: Ing. Ana Pérez."
                ),
                code="address_in_name",
            )
        return text


def _as_seen(text: str) -> str:
    """The text as a reader sees it: without invisible
    characters, and with one kind of full stop.
    """
    return unicodedata.normalize("NFKC", without_invisible(text)).replace("\u3002", ".")


def without_invisible(text: str) -> str:
    """The text without zero-width spaces, soft hyphens and marks of direction, which chat programs
    copy along.
    """
    return "".join(character for character in text if unicodedata.category(character) != "Cf")


class LongText(TypedText):
    """Several lines; length is counted with one character a line end, as the browser's own count
    does.
    """

    allowed_controls = "\n\t"
    widget = forms.Textarea

    def with_one_line_end(self, value: str) -> str:
        return value.replace("\r\n", "\n").replace("\r", "\n")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """No `maxlength`: browsers cut what is pasted at it, without a word."""
        return {name: value for name, value in super().widget_attrs(widget).items() if name != "maxlength"}


class Email(TypedText, forms.EmailField):
    """An e-mail address. Pasted with invisible characters it passes for valid, and cannot be
    written to.
    """

    def to_python(self, value: Any) -> str:
        return super().to_python(without_invisible(value) if isinstance(value, str) else value)


class ContactPhone(TypedText):
    """Any Ecuadorian number, as E.164; while it is wrong, as it was typed (A18)."""

    def clean(self, value: Any) -> str:
        typed: str = super().clean(value)
        try:
            return phones.normalise(typed)
        except phones.InvalidPhone as error:
            raise ValidationError(str(error), code="invalid_phone") from error


class FilesInput(forms.FileInput):
    allow_multiple_selected = True

    def __init__(self) -> None:
        super().__init__(attrs={"accept": ",".join(f".{extension}" for extension in EXTENSIONS)})


class AttachmentsField(forms.Field):
    """The files sent with the form; the form judges them, since
    those it holds already count too.
    """

    widget = FilesInput

    @property
    def limits(self) -> dict[str, Any]:
        """For the page, which tells before sending what would be refused, in the words of the
        refusal.
        """
        return {"kinds": " ".join(EXTENSIONS), "bytes": MAX_BYTES, "count": MAX_FILES, **_words()}

    def clean(self, value: Any) -> tuple[ReceivedFile, ...]:
        return tuple(value or ())


@cache
def _words() -> dict[str, str]:
    """What is said of a file of another kind, too large or empty; `name` stands where the file's
    own goes.
    """
    name = "ARCHIVO"

    def told(extension: str, content: bytes = b"x") -> str:
        return inspect(f"{name}.{extension}", content).reason.replace(f"{name}.{extension}", name)

    others: dict[str, list[str]] = {}
    for extension in EXTENSIONS_WITH_ADVICE:
        others.setdefault(told(extension), []).append(extension)
    too_large = bytes(MAX_BYTES + 1)
    return {
        "name": name,
        "wrong": told("desconocido"),
        "others": json.dumps(
            {" ".join(extensions): text for text, extensions in others.items()}, ensure_ascii=False
        ),
        "large": told("docx", too_large),
        "pdf": told("pdf", too_large),
        "photo": told("jpg", too_large),
        "empty": told("pdf", b""),
    }
