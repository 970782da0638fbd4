"""Refuses passwords that are long and still easy to guess: repetitions, runs, and words that
anybody would try here.

Django's own validators look for a password that is in a list as a whole, or is all digits. These
look at what is left of one when its predictable parts are taken away.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LEAST_SURPRISES = 10  # characters that no run and no repetition explains
LEAST_OWN = 8  # characters besides the words that everybody here would try
SHORTEST_WORD = 4
ROWS = ("qwertyuiop", "asdfghjklñ", "zxcvbnm", "01234567890")
LOOKED_AT = 128  # characters: a repetition is found in time that grows with the square of the length
REPEATED = re.compile(r"(.+?)\1+")
# The product, the trade, and what people call a password
WORDS = (
    "gestor",
    "fidelizacion",
    "portal",
    "postventa",
    "operadora",
    "operador",
    "administrador",
    "administradora",
    "admin",
    "asesor",
    "asesora",
    "supervisor",
    "supervisora",
    "usuario",
    "empresa",
    "ecuador",
    "bienvenido",
    "bienvenida",
    "contrasena",
    "clave",
    "password",
    "passwd",
    "secreto",
    "temporal",
    "cambiame",
    "changeme",
    "welcome",
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
)
LOOKALIKES = str.maketrans("013457@$", "oleastas")


class PredictableValidator:
    """Counts the characters that are left without repetitions and runs (aaaa, abcabc, abcd, 4321,
    qwerty).
    """

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002  as Django calls it
        shortened = REPEATED.sub(r"\1", _folded(password[:LOOKED_AT]))
        if _surprises(shortened) < LEAST_SURPRISES:
            raise ValidationError(
                _("La contraseña tiene muchas repeticiones o secuencias, como «aaaa», «1234» o «qwerty»."),
                code="password_predictable",
            )

    def get_help_text(self) -> str:
        return _("No puede estar hecha de repeticiones ni de secuencias.")


class ContextWordsValidator:
    """Counts what is left without the operator's name, the product's, the user's own and other
    words tried first.
    """

    def validate(self, password: str, user: Any = None) -> None:
        folded = _folded(password)
        if (
            min(_own_characters(folded, user), _own_characters(folded.translate(LOOKALIKES), user))
            < LEAST_OWN
        ):
            raise ValidationError(
                _(
                    "La contraseña se basa en palabras fáciles de adivinar, como el nombre del producto, el de la "
                    "operadora o el suyo. Agregue otras palabras."
                ),
                code="password_context",
            )

    def get_help_text(self) -> str:
        return _("No puede basarse en el nombre del producto, el de la operadora ni el suyo.")


def _own_characters(folded: str, user: Any) -> int:
    for word in sorted(_words_of(user), key=len, reverse=True):
        folded = folded.replace(word, " ")
    return sum(character.isalnum() for character in folded)


def _words_of(user: Any) -> Iterator[str]:
    yield from WORDS
    names = [settings.BRAND.name, settings.PORTAL_HOST]
    names += [
        str(getattr(user, field, "") or "") for field in ("username", "first_name", "last_name", "email")
    ]
    yield from _split(names)


def _split(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from (word for word in re.split(r"\W+", _folded(name)) if len(word) >= SHORTEST_WORD)


def _surprises(text: str) -> int:
    """The characters that do not carry a run of three or more on."""
    runs = zip(text, text[1:], text[2:], strict=False)
    return len(text) - sum(1 for run in runs if _is_run(*run))


def _is_run(first: str, second: str, third: str) -> bool:
    """Whether they stand so, forwards or backwards, in the alphabet or on a row of the keyboard."""
    step = ord(second) - ord(first)
    if first.isalnum() and abs(step) == 1 and ord(third) - ord(second) == step:
        return True
    return any(first + second + third in row or third + second + first in row for row in ROWS)


def _folded(text: str) -> str:
    """Small letters without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
