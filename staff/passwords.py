"""Password validators that refuse long passwords made of repetitions, sequences or obvious words.

Django's own validators compare the whole password with a list. These remove its predictable parts
and count the characters that remain (R5.03, S8).
"""

import re
import unicodedata
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MIN_UNPREDICTABLE = 10  # characters outside repetitions and sequences
MIN_OUTSIDE_WORDS = 8  # letters and digits outside WORDS and names, which an attacker tries first
SHORTEST_WORD = 4  # characters; a shorter part of a name is not removed
ROWS = ("qwertyuiop", "asdfghjklñ", "zxcvbnm", "01234567890")
SEARCHED_LENGTH = 128  # characters; the time to find repetitions grows with the square of the length
REPEATED = re.compile(r"(.+?)\1+")
# The product, the business, words for a password, and the months
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
    """Refuse repetitions and sequences: aaaa, abcabc, abcd, 4321, qwerty."""

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002  Django passes it
        shortened = REPEATED.sub(r"\1", _folded(password[:SEARCHED_LENGTH]))
        if _count_unpredictable(shortened) < MIN_UNPREDICTABLE:
            raise ValidationError(
                _("La contraseña tiene muchas repeticiones o secuencias, como «aaaa», «1234» o «qwerty»."),
                code="password_predictable",
            )

    def get_help_text(self) -> str:
        return _("No puede estar hecha de repeticiones ni de secuencias.")


class ContextWordsValidator:
    """Refuse words that an attacker tries first: names of operator, product and user, and WORDS."""

    def validate(self, password: str, user: Any = None) -> None:
        folded = _folded(password)
        spellings = (folded, folded.translate(LOOKALIKES))
        if min(_count_outside_words(each, user) for each in spellings) < MIN_OUTSIDE_WORDS:
            raise ValidationError(
                _(
                    "La contraseña se basa en palabras fáciles de adivinar, como el nombre del producto, el de la "
                    "operadora o el suyo. Agregue otras palabras."
                ),
                code="password_context",
            )

    def get_help_text(self) -> str:
        return _("No puede basarse en el nombre del producto, el de la operadora ni el suyo.")


def _count_outside_words(folded: str, user: Any) -> int:
    """Count the letters and digits outside WORDS and outside the names of operator and user."""
    names = [settings.BRAND.name, settings.PORTAL_HOST]
    fields = ("username", "first_name", "last_name", "email")
    names += [str(getattr(user, field, "") or "") for field in fields]
    parts = [part for name in names for part in re.split(r"\W+", _folded(name))]
    words = [*WORDS, *(part for part in parts if len(part) >= SHORTEST_WORD)]
    for word in sorted(words, key=len, reverse=True):
        folded = folded.replace(word, " ")
    return sum(character.isalnum() for character in folded)


def _count_unpredictable(text: str) -> int:
    """Count the characters that do not continue a sequence of three or more."""
    triples = zip(text, text[1:], text[2:], strict=False)
    return len(text) - sum(_is_sequence(*triple) for triple in triples)


def _is_sequence(first: str, second: str, third: str) -> bool:
    """Return whether three characters follow each other in the alphabet or on a keyboard row.

    Both directions count.
    """
    step = ord(second) - ord(first)
    if first.isalnum() and abs(step) == 1 and ord(third) - ord(second) == step:
        return True
    return any(first + second + third in row or third + second + first in row for row in ROWS)


def _folded(text: str) -> str:
    """Return the text in lower case and without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
