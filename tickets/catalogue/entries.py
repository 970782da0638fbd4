"""Check the content of catalogue files completely, before anything is written.

The keys are the columns' names. `check` collects every problem of every file, so that one run
reports all that must be corrected.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from tickets import words
from tickets.catalogue.problems import LINES_ARE_NOT_PUBLIC, CatalogueError, Problem
from tickets.models import OTHER_REASON, Area, Reason, RequestField, RequestType, RequiredDocument

AREA = ("name", "checks", "email", "is_active")
TYPE = (
    "code",
    "name",
    "family",
    "description",
    "position",
    "in_portal",
    "in_public_form",
    "in_desk",
    "asks_reason",
    "asks_lines",
    "allows_prepaid",
    "effective_rule",
    "notice_days",
    "working_days",
    "ceiling_days",
    "first_response_hours",
    "next_response_hours",
    "resolution_hours",
)
TYPE_PARTS = ("reasons", "areas", "fields", "documents", "words")
FIELD = ("name", "label", "hint", "kind", "is_required", "shown_if", "is_personal")
FIELD_LISTS = ("choices", "shown_values")
DOCUMENT = ("name", "hint")
MAX_NUMBER = 32_767  # the largest small integer of PostgreSQL; SQLite would store more
Kind = RequestField.Kind
YES_NO = ["Sí", "No"]


@dataclass(frozen=True)
class TypeEntry:
    """One request type of a file. Parts that the file does not name are None."""

    code: str
    values: dict[str, Any]
    reasons: list[str] | None = None
    areas: list[str] | None = None
    fields: list[dict[str, Any]] | None = None
    documents: list[dict[str, Any]] | None = None
    words: dict[str, str] | None = None


@dataclass
class Catalogue:
    """The areas and request types of all the files."""

    areas: list[dict[str, Any]] = field(default_factory=list)
    types: list[TypeEntry] = field(default_factory=list)


def check(contents: Iterable[tuple[str, Any]]) -> Catalogue:
    """Return the catalogue of the files, given their names and contents. Raises CatalogueError."""
    catalogue, problems = Catalogue(), list[Problem]()
    for name, content in contents:
        _Checker(name, catalogue, problems).check(content)
    if not problems and not (catalogue.areas or catalogue.types):
        problems.append(Problem("", "", "", _("No hay áreas ni tipos que cargar.")))
    if problems:
        raise CatalogueError(problems)
    return catalogue


class _Checker:
    """Checks one file; adds its entries and problems to those of all files."""

    def __init__(self, file: str, catalogue: Catalogue, problems: list[Problem]) -> None:
        self._file, self._catalogue, self._problems = file, catalogue, problems
        self._place = ""  # the area or type being checked, for the messages

    def check(self, content: Any) -> None:
        if not isinstance(content, dict):
            self._add("", _("tiene que empezar con «areas:» o «request_types:»."))
            return
        self._refuse_unknown("", content, ("areas", "request_types"))
        for number, given in enumerate(self._list("areas", content.get("areas")), start=1):
            self._area(number, given)
        for number, given in enumerate(self._list("request_types", content.get("request_types")), start=1):
            self._type(number, given)

    def _area(self, number: int, given: Any) -> None:
        self._place = _("área %(which)s") % {"which": _label(given, "name", number)}
        values = self._row(Area, "", given, AREA, required=("name",))
        if values.get("is_active") and not values.get("email"):
            self._add("is_active", _("se avisa solo a un área con correo: escriba también «email»."))
        if "name" in values:
            if any(values["name"] == area["name"] for area in self._catalogue.areas):
                self._add("name", _("el área está dos veces."))
            self._catalogue.areas.append(values)
        self._place = ""

    def _type(self, number: int, given: Any) -> None:
        self._place = _("tipo %(which)s") % {"which": _label(given, "code", number)}
        values = self._row(RequestType, "", given, TYPE, parts=TYPE_PARTS, required=("code", "name"))
        if isinstance(given, dict):
            entry = TypeEntry(
                values.pop("code", ""),
                values,
                reasons=self._texts(Reason, "text", "reasons", given),
                areas=self._texts(Area, "name", "areas", given),
                fields=self._fields(given),
                documents=self._documents(given),
                words=self._words(given),
            )
            self._consistent(entry)
            if any(entry.code == other.code for other in self._catalogue.types):
                self._add("code", _("el código está dos veces."))
            self._catalogue.types.append(entry)
        self._place = ""

    def _consistent(self, entry: TypeEntry) -> None:
        """Add a problem for each contradiction within a type."""
        if entry.values.get("allows_prepaid") and not entry.values.get("asks_lines"):
            self._add("allows_prepaid", _("una línea pasa a prepago solo si el tipo pide las líneas."))
        if entry.values.get("in_public_form") and entry.values.get("asks_lines"):
            self._add("in_public_form", str(LINES_ARE_NOT_PUBLIC))
        if entry.reasons and entry.values.get("asks_reason") is False:
            self._add("reasons", _("el tipo no pide el motivo: quite los motivos o «asks_reason»."))
        if OTHER_REASON in (entry.reasons or ()):
            self._add("reasons", _("«%s» se ofrece siempre: no va en la lista.") % OTHER_REASON)

    def _fields(self, given: dict[str, Any]) -> list[dict[str, Any]] | None:
        if given.get("fields") is None:
            return None
        found: list[dict[str, Any]] = []
        for number, each in enumerate(self._list("fields", given["fields"]), start=1):
            key = f"fields.{_label(each, 'name', number)}"
            values = self._row(RequestField, key, each, FIELD, parts=FIELD_LISTS, required=("name", "label"))
            for name in FIELD_LISTS:
                values[name] = (
                    self._strings(f"{key}.{name}", each.get(name)) if isinstance(each, dict) else []
                )
            self._choices(key, values)
            self._condition(key, values, found)
            if any(values.get("name") == other.get("name") for other in found):
                self._add(f"{key}.name", _("la pregunta está dos veces."))
            found.append(values)
        return found

    def _choices(self, key: str, values: dict[str, Any]) -> None:
        is_list = values.get("kind") == Kind.CHOICE
        if is_list and len(values["choices"]) < 2:
            self._add(f"{key}.choices", _("una lista tiene dos opciones o más."))
        if not is_list and values["choices"]:
            self._add(f"{key}.choices", _("solo una pregunta de clase «choice» tiene opciones."))

    def _condition(self, key: str, values: dict[str, Any], before: list[dict[str, Any]]) -> None:
        """Check the condition of a question.

        It must name an earlier question of `before`, and answers which that question offers.
        """
        shown_if, wanted = values.get("shown_if"), values["shown_values"]
        if not shown_if:
            if wanted:
                self._add(f"{key}.shown_if", _("falta decir de qué pregunta son esas respuestas."))
            return
        other = next((each for each in before if each.get("name") == shown_if), None)
        if other is None:
            self._add(f"{key}.shown_if", _("no hay antes una pregunta «%s».") % shown_if)
            return
        if other.get("kind") not in {Kind.CHOICE, Kind.YES_NO}:
            self._add(f"{key}.shown_if", _("«%s» no es una lista ni una pregunta de sí o no.") % shown_if)
            return
        if not wanted:
            self._add(f"{key}.shown_values", _("falta decir con qué respuestas se muestra."))
        options = other["choices"] or YES_NO
        for answer in wanted:
            if answer not in options:
                self._add(f"{key}.shown_values", _("«%s» no es una de las respuestas.") % answer)

    def _documents(self, given: dict[str, Any]) -> list[dict[str, Any]] | None:
        if given.get("documents") is None:
            return None
        found: list[dict[str, Any]] = []
        for number, each in enumerate(self._list("documents", given["documents"]), start=1):
            key = f"documents.{_label(each, 'name', number)}"
            values = self._row(RequiredDocument, key, each, DOCUMENT, required=("name",))
            if any(values.get("name") == other.get("name") for other in found):
                self._add(key, _("el documento está dos veces."))
            found.append(values)
        return found

    def _words(self, given: dict[str, Any]) -> dict[str, str] | None:
        texts = given.get("words")
        if texts is None:
            return None
        found = list(words.problems(texts))
        if isinstance(texts, dict):
            found += [
                _("«%(key)s» tiene caracteres que no se pueden guardar.") % {"key": key}
                for key, text in texts.items()
                if isinstance(text, str) and not _is_plain(text, lines=True)
            ]
        for text in found:
            self._add("words", text)
        return None if found else {key: text.strip() for key, text in texts.items()}

    def _texts(
        self, model: type[models.Model], column: str, key: str, given: dict[str, Any]
    ) -> list[str] | None:
        """Return the checked texts of a list for one column; None if the file lacks its key."""
        if given.get(key) is None:
            return None
        found = self._strings(key, given[key])
        for text in found:
            self._column(model, column, f"{key}.{text}", text)
        for text in sorted({text for text in found if found.count(text) > 1}):
            self._add(key, _("«%s» está dos veces.") % text)
        return found

    def _row(
        self,
        model: type[models.Model],
        key: str,
        given: Any,
        columns: tuple[str, ...],
        *,
        parts: tuple[str, ...] = (),
        required: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        """Return the checked values of the columns that the file names."""
        if not isinstance(given, dict):
            self._add(key, _("tiene que ser una lista de claves con su valor."))
            return {}
        self._refuse_unknown(key, given, (*columns, *parts))
        for name in required:
            if name not in given:
                self._add(_joined(key, name), _("falta."))
        values = {}
        for name in columns:
            if name in given:
                ok, value = self._column(model, name, _joined(key, name), given[name])
                if ok:
                    values[name] = value
        return values

    def _column(self, model: type[models.Model], name: str, key: str, value: Any) -> tuple[bool, Any]:
        """Return whether the value fits the column, and the value to store."""
        try:
            return True, _clean(column_of(model, name), value)
        except ValidationError as error:
            for text in error.messages:
                self._add(key, text)
            return False, None

    def _list(self, key: str, value: Any) -> list[Any]:
        if value is None:
            return []
        if not isinstance(value, list):
            self._add(key, _("tiene que ser una lista, con un guion por elemento."))
            return []
        return value

    def _strings(self, key: str, value: Any) -> list[str]:
        found = []
        for each in self._list(key, value):
            if isinstance(each, str) and each.strip() and _is_plain(each, lines=False):
                found.append(each.strip())
            else:
                self._add(key, _("cada elemento es un texto de un renglón; un número va entre comillas."))
        return found

    def _refuse_unknown(self, key: str, given: dict[str, Any], known: tuple[str, ...]) -> None:
        for name in given:
            if name not in known:
                text = _("no es una clave; puede ser %s.") % ", ".join(known)
                self._add(_joined(key, name), text)

    def _add(self, key: str, text: str) -> None:
        self._problems.append(Problem(self._file, self._place, key, text))


def column_of(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    column = model._meta.get_field(name)  # noqa: SLF001  Django's public `_meta`
    assert isinstance(column, models.Field), name  # noqa: S101  never a reverse relation
    return column


def _clean(column: "models.Field[Any, Any]", value: Any) -> Any:
    """Return the value to store in the column. Raises ValidationError."""
    if isinstance(column, models.BooleanField):
        if not isinstance(value, bool):
            raise ValidationError(_("se escribe true o false."))
        return value
    if isinstance(column, models.IntegerField):
        if (value is None and column.null) or (type(value) is int and 0 <= value <= MAX_NUMBER):
            return column.clean(value, None)
        raise ValidationError(_("es un número entero de 0 a %(most)d.") % {"most": MAX_NUMBER})
    text = "" if value is None else value
    if not isinstance(text, str) or not _is_plain(text, lines=isinstance(column, models.TextField)):
        raise ValidationError(_("es un texto; un número va entre comillas."))
    text = text.strip()
    allowed = [choice for choice, _label in column.flatchoices]
    if allowed and text not in allowed:
        raise ValidationError(_("puede ser %s.") % ", ".join(allowed))
    return column.clean(text, None)


def _is_plain(text: str, *, lines: bool) -> bool:
    """Whether both databases can store the text: without control characters or surrogates."""
    allowed = "\n" if lines else ""
    return all(char in allowed or unicodedata.category(char) not in {"Cc", "Cs"} for char in text)


def _label(given: Any, key: str, number: int) -> str:
    """Return the entry's name in the file, else its position in the list."""
    name = given.get(key) if isinstance(given, dict) else None
    return f"«{name}»" if isinstance(name, str) and name else f"n.º {number}"


def _joined(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def values_of(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the columns of each row; a list becomes a text with one element per line."""
    for row in rows:
        yield {name: "\n".join(value) if isinstance(value, list) else value for name, value in row.items()}
