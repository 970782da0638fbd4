"""Form fields of the request form: typed text, phone, e-mail, attachments (R6.13, A11)."""

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

# Unicode categories: control, surrogate, line separator, paragraph separator
CONTROL_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})


class TypedText(forms.CharField):
    """Text in any language, with emoji, without control characters."""

    allowed_controls = ""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # `to_python` already refuses NUL; the validator would add a second message
        self.validators = [v for v in self.validators if not isinstance(v, ProhibitNullCharactersValidator)]

    def to_python(self, value: Any) -> str:
        text = super().to_python(self.normalise_line_ends(value) if isinstance(value, str) else value) or ""
        if any(
            unicodedata.category(c) in CONTROL_CATEGORIES and c not in self.allowed_controls for c in text
        ):
            raise ValidationError(
                _(
                    "El texto contiene caracteres que no se pueden guardar. "
                    "Bórrelos o escriba el texto de nuevo."
                ),
                code="control_characters",
            )
        return text

    def normalise_line_ends(self, value: str) -> str:
        return value


# What mail programs turn into a link: an e-mail address, a URL, or a word that ends like a domain
ADDRESS_IN_NAME = re.compile(
    r"[@/]|www\.|[\w-]{2,}\.[^\W\d_]{2,}|\b\w\.(?:com|co|net|org|info|ec|ai|io|me|app|link)\b", re.IGNORECASE
)


class PersonName(TypedText):
    """A person's names. The operator's mails repeat them, so they must contain no address (S4)."""

    registered = ""  # the directory's names, with which the form is prefilled: always accepted

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        # Normalised, because mail programs also link full-width letters and ideographic full stops
        seen = unicodedata.normalize("NFKC", without_invisible(text)).replace("\u3002", ".")
        if text != self.registered and ADDRESS_IN_NAME.search(seen):
            raise ValidationError(
                _(
                    "Escriba solo los nombres, sin correos ni direcciones web. "
                    "Después del punto de un título, deje un espacio: Ing. Ana Pérez."
                ),
                code="address_in_name",
            )
        return text


def without_invisible(text: str) -> str:
    """Remove zero-width spaces, soft hyphens and direction marks, which chat apps add."""
    return "".join(character for character in text if unicodedata.category(character) != "Cf")


class LongText(TypedText):
    """Text of several lines. A line end counts as one character, as in the browser's counter."""

    allowed_controls = "\n\t"
    widget = forms.Textarea

    def normalise_line_ends(self, value: str) -> str:
        return value.replace("\r\n", "\n").replace("\r", "\n")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Omit `maxlength`: browsers cut pasted text at it without notice."""
        return {name: value for name, value in super().widget_attrs(widget).items() if name != "maxlength"}


class Email(TypedText, forms.EmailField):
    """An e-mail address. Invisible characters are removed: they pass validation, then bounce."""

    def to_python(self, value: Any) -> str:
        return super().to_python(without_invisible(value) if isinstance(value, str) else value)


class ContactPhone(TypedText):
    """Any Ecuadorian phone number, cleaned to E.164 (A18)."""

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
    """The files sent with the form.

    The form inspects them, because the limit includes the documents staged before.
    """

    widget = FilesInput

    @property
    def limits(self) -> dict[str, Any]:
        """Limits and error texts for the page's script, which checks files before sending them."""
        return {"kinds": " ".join(EXTENSIONS), "bytes": MAX_BYTES, "count": MAX_FILES, **_error_texts()}

    def clean(self, value: Any) -> tuple[ReceivedFile, ...]:
        return tuple(value or ())


@cache
def _error_texts() -> dict[str, str]:
    """Error texts for a file of another kind, too large or empty.

    `ARCHIVO` stands for the file's name.
    """
    name = "ARCHIVO"

    def error(extension: str, content: bytes = b"x") -> str:
        return inspect(f"{name}.{extension}", content).reason.replace(f"{name}.{extension}", name)

    others: dict[str, list[str]] = {}
    for extension in EXTENSIONS_WITH_ADVICE:
        others.setdefault(error(extension), []).append(extension)
    too_large = bytes(MAX_BYTES + 1)
    return {
        "name": name,
        "wrong": error("desconocido"),
        "others": json.dumps(
            {" ".join(extensions): text for text, extensions in others.items()}, ensure_ascii=False
        ),
        "large": error("docx", too_large),
        "pdf": error("pdf", too_large),
        "photo": error("jpg", too_large),
        "empty": error("pdf", b""),
    }
