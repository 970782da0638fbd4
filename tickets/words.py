"""The words of a request type: what its screens and mails say (A7).

`RequestType.own_words` holds the texts that the operator wrote, by key. The defaults below stand
for the others and suit every type. A ticket stores a copy, so its words do not change later.
"""

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

MAX_LENGTH = 2_000


@dataclass(frozen=True)
class Word:
    """One text: where it is shown, its default, and the values that it may name in braces."""

    label: str | Promise
    default: str | Promise = ""
    values: frozenset[str] = frozenset()


def _names(*names: str) -> frozenset[str]:
    return frozenset(names)


WORDS: dict[str, Word] = {
    # On the form
    "title": Word(_("Título del formulario"), _("Su solicitud")),
    "intro": Word(_("Entrada del formulario")),
    # On the entry page, the help, SMS and invitations, while the portal offers only this type
    "errand": Word(_("Qué se pide, después de «solicitar»")),
    "entry_title": Word(_("Título de la entrada"), _("Solicitudes de su empresa")),
    "entry_lead": Word(
        _("Entrada: qué se hace y quién puede"),
        _(
            "Aquí se hacen las solicitudes sobre los servicios de una empresa. "
            "Solo puede hacerlas el administrador que la empresa registró."
        ),
    ),
    "entry_have": Word(
        _("Entrada: qué tener a mano"), _("Los números de las líneas o servicios de su solicitud.")
    ),
    "help_date": Word(_("Ayuda: cuándo se hace efectiva, un párrafo por renglón")),
    "reason_hint": Word(
        _("Ayuda del motivo"),
        _("Lo preguntamos para mejorar el servicio. Con cualquier motivo, su solicitud se registra igual."),
    ),
    "details_label": Word(_("Título del detalle"), _("Detalle de la solicitud")),
    "details_hint": Word(
        _("Ayuda del detalle; un renglón que empieza con un guion es parte de una lista"),
        _("Escriba qué necesita, con los números de línea o de servicio si los tiene a mano."),
    ),
    "details_missing": Word(_("Error del detalle vacío"), _("Escriba qué necesita.")),
    "lines_hint": Word(_("Ayuda de las líneas"), _("Elija las líneas o los servicios de su solicitud.")),
    # About the effective date
    "date_title": Word(_("Título de la fecha efectiva"), _("Cuándo se hace efectiva")),
    "date_one": Word(
        _("La fecha, antes de confirmar"),
        _("Si confirma hoy, {today}, su solicitud se hace efectiva el {date}."),
        _names("today", "date"),
    ),
    "date_many": Word(
        _("Las fechas de varias cuentas, antes de confirmar"),
        _("Si confirma hoy, {today}, su solicitud se hace efectiva en cada cuenta así:"),
        _names("today"),
    ),
    "date_unknown": Word(
        _("Sin fecha calculada"), _("El asesor le confirmará la fecha efectiva por correo.")
    ),
    "date_rule": Word(_("La regla de la fecha"), "", _names("days")),
    # Afterwards
    "result": Word(
        _("Primera frase del resultado"), _("Registramos su solicitud: {type}."), _names("type", "reason")
    ),
    "date_step": Word(_("La fecha, en «Qué sigue»"), _("Su solicitud se hace efectiva.")),
    "next_steps": Word(
        _("Qué sigue, un paso por renglón"),
        _(
            "Un asesor postventa revisa la solicitud. Si necesita algún dato, le llama al {phone} o le escribe."
        ),
        _names("phone"),
    ),
    "change_of_mind": Word(
        _("Qué hacer si cambia de opinión"),
        _(
            "Si cambia de opinión, avise al asesor con su número de ticket: responda el correo de confirmación."
        ),
    ),
    "change_of_mind_mail": Word(
        _("Qué hacer si cambia de opinión, en el correo"),
        _("Si cambia de opinión, avise al asesor: responda este correo, que ya lleva el número de ticket."),
    ),
    "mail_first": Word(
        _("Primera frase de la confirmación por correo"),
        _("Su solicitud quedó registrada con el ticket n.º {number}."),
        _names("number", "type"),
    ),
}


class Words:
    """The words of a type or a ticket: `words.text(key, **values)`."""

    def __init__(self, own: Mapping[str, str]) -> None:
        self._own = own

    def text(self, key: str, **values: object) -> str:
        """Return the text with the values filled in. Raises KeyError for an unknown key."""
        word = WORDS[key]
        own = self._own.get(key, "").strip()
        return (own or str(word.default)).format(**values) if word.values else own or str(word.default)

    def lines(self, key: str, **values: object) -> list[str]:
        """Return the lines of the text that are not empty."""
        return [line.strip() for line in self.text(key, **values).splitlines() if line.strip()]


def problems(words: Any) -> Iterator[str]:
    """Yield the problems of a type's words, as the desk or a file gives them."""
    if not isinstance(words, dict):
        yield gettext("Los textos van por nombre.")
        return
    for key, text in words.items():
        word = WORDS.get(key)
        if word is None:
            yield gettext("No hay un texto «%(key)s».") % {"key": key}
        elif not isinstance(text, str) or len(text) > MAX_LENGTH:
            yield gettext("«%(key)s» es un texto de hasta %(limit)d caracteres.") % {
                "key": key,
                "limit": MAX_LENGTH,
            }
        elif word.values and (wrong := _unknown_values(text, word)):
            yield gettext("«%(key)s» no tiene el valor %(wrong)s; puede nombrar %(values)s.") % {
                "key": key,
                "wrong": wrong,
                "values": ", ".join(f"{{{name}}}" for name in sorted(word.values)),
            }


def validate(words: Any) -> None:
    """Raise ValidationError with the problems of a type's words."""
    found = list(problems(words))
    if found:
        raise ValidationError(found)


def _unknown_values(text: str, word: Word) -> str:
    """Return the parts in braces that do not name a value of the word; empty if there are none."""
    try:
        fields = [field for field in string.Formatter().parse(text) if field[1] is not None]
    except ValueError:
        return "{ }"
    wrong = [
        f"{{{name}}}"
        for _text, name, spec, conversion in fields
        if name not in word.values or spec or conversion
    ]
    return " ".join(wrong)
