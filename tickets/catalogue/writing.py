"""Writes a checked catalogue: adds and changes rows, retires what left a list, deletes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from tickets.catalogue.entries import Catalogue, TypeEntry, column_of, values_of
from tickets.models import OTHER_REASON, Area, RequestField, RequestType

ATTEMPTS = 3  # a second load at the same time may insert a row first; then this one starts again
SHOWN = 60  # characters of a text in the report


@dataclass
class Outcome:
    """What happened to one area or type."""

    name: str
    created: bool = False
    changes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # what staff should do


@dataclass
class Report:
    """What a load did, or would do."""

    areas: list[Outcome] = field(default_factory=list)
    types: list[Outcome] = field(default_factory=list)

    def changed(self) -> bool:
        return any(each.created or each.changes for each in (*self.areas, *self.types))


def write(catalogue: Catalogue, *, dry_run: bool = False) -> Report:
    """Write the catalogue in one transaction; a dry run undoes it. Loads at once take turns."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                report = _write(catalogue)
                if dry_run:
                    transaction.set_rollback(True)
        except IntegrityError:
            if attempt == ATTEMPTS:
                raise
        else:
            return report
    raise AssertionError  # unreachable: the last attempt returns or raises


def _write(catalogue: Catalogue) -> Report:
    # Sorted, so that loads at once take rows in the same order and cannot deadlock
    report = Report([_area(values) for values in sorted(catalogue.areas, key=lambda area: str(area["name"]))])
    report.types = [_type(entry) for entry in sorted(catalogue.types, key=lambda entry: entry.code)]
    return report


def _area(values: dict[str, Any]) -> Outcome:
    outcome = Outcome(values["name"])
    area = Area.objects.filter(name=values["name"]).first()
    if area is None:
        is_active = values.get("is_active", bool(values.get("email")))
        area = Area.objects.create(**{**values, "is_active": is_active})
        outcome.created = True
    else:
        outcome.changes += _update(area, values)
    if not area.email:
        outcome.notes.append(_("no se le avisa: falta su correo, que se pone en el escritorio."))
    return outcome


def _type(entry: TypeEntry) -> Outcome:
    outcome = Outcome(entry.code)
    # Locked, because its words are read, merged and written
    request_type = RequestType.objects.select_for_update().filter(code=entry.code).first()
    words = dict(request_type.own_words) if request_type else {}
    words.update(entry.words or {})
    values = {**entry.values, "own_words": {key: text for key, text in words.items() if text}}
    if request_type is None:
        request_type = RequestType.objects.create(code=entry.code, **values)
        outcome.created = True
    else:
        outcome.changes += _update(request_type, values)
    parts = [*_reasons(request_type, entry), *_fields(request_type, entry), *_areas(request_type, entry)]
    outcome.changes += [*parts, *_documents(request_type, entry, outcome.notes)]
    if outcome.created:
        outcome.changes = []  # all of it is new
    return outcome


def _reasons(request_type: RequestType, entry: TypeEntry) -> Iterator[str]:
    if entry.reasons is None:
        return
    rows = {reason.text: reason for reason in request_type.reasons.all()}
    for position, text in enumerate(entry.reasons, start=1):
        yield from _row(
            request_type.reasons, rows, "text", {"text": text, "position": position, "is_active": True}
        )
    yield from _retire(rows[text] for text in rows if text not in {*entry.reasons, OTHER_REASON})


def _fields(request_type: RequestType, entry: TypeEntry) -> Iterator[str]:
    if entry.fields is None:
        return
    rows = {field.name: field for field in request_type.fields.all()}
    defaults = _defaults(RequestField, ("hint", "kind", "choices", "is_required", "shown_if", "is_personal"))
    for position, values in enumerate(values_of(entry.fields), start=1):
        whole = {**defaults, **values, "position": position, "is_active": True}
        yield from _row(request_type.fields, rows, "name", whole)
    named = {values["name"] for values in entry.fields}
    yield from _retire(rows[name] for name in rows if name not in named)


def _documents(request_type: RequestType, entry: TypeEntry, notes: list[str]) -> Iterator[str]:
    if entry.documents is None:
        return
    rows = {document.name: document for document in request_type.required_documents.all()}
    for position, values in enumerate(entry.documents, start=1):
        whole = {"hint": "", **values, "position": position}
        yield from _row(request_type.required_documents, rows, "name", whole)
    for name in rows.keys() - {values["name"] for values in entry.documents}:
        text = _("el documento «%s» no está en el archivo; si ya no se pide, elimínelo en el escritorio.")
        notes.append(text % name)


def _areas(request_type: RequestType, entry: TypeEntry) -> Iterator[str]:
    if entry.areas is None:
        return
    wanted = {area.name: area for area in Area.objects.filter(name__in=entry.areas)}
    if missing := [name for name in entry.areas if name not in wanted]:
        raise AreaMissing(entry.code, missing)
    linked = {area.name for area in request_type.areas.all()}
    request_type.areas.set(wanted.values())
    for name in sorted(wanted.keys() - linked):
        yield _("se avisa a «%s»") % name
    for name in sorted(linked - wanted.keys()):
        yield _("ya no se avisa a «%s»") % name


class AreaMissing(Exception):
    """A type names areas that are neither in the files nor in the database."""

    def __init__(self, code: str, names: list[str]) -> None:
        super().__init__(code, *names)
        self.code, self.names = code, names


def _row(manager: Any, rows: dict[str, Any], key: str, values: dict[str, Any]) -> Iterator[str]:
    """Add a row of the type, or change what differs. `rows` are those there are, by `key`."""
    title = f"{_title(manager.model)} «{values[key]}»"
    row = rows.get(values[key])
    if row is None:
        manager.create(**values)
        yield _("%s: se agrega") % title
    else:
        yield from (f"{title}: {change}" for change in _update(row, values))


def _retire(rows: Iterator[Any]) -> Iterator[str]:
    """Stop offering the rows: tickets refer to them."""
    for row in rows:
        if row.is_active:
            row.is_active = False
            row.save(update_fields=["is_active"])
            yield _("%(what)s «%(row)s»: se retira") % {"what": _title(type(row)), "row": row}


def _update(row: models.Model, values: dict[str, Any]) -> list[str]:
    """Change the columns that differ, and return what changed."""
    changes = []
    for name, value in values.items():
        before = getattr(row, name)
        if before == value:
            continue
        setattr(row, name, value)
        changes.append((name, before, value))
    if changes:
        row.save(update_fields=[name for name, _before, _value in changes])
    return [text for change in changes for text in _described(row, *change)]


def _described(row: models.Model, name: str, before: Any, value: Any) -> Iterator[str]:
    if name == "own_words":
        for key in sorted(before.keys() | value.keys()):
            if before.get(key) != value.get(key):
                yield _("texto «%(key)s»: %(before)s → %(value)s") % {
                    "key": key,
                    "before": _shown(before.get(key, "")),
                    "value": _shown(value.get(key, "")),
                }
        return
    label = column_of(type(row), name).verbose_name
    yield f"{label}: {_shown(before)} → {_shown(value)}"


def _shown(value: Any) -> str:
    """Return a value as the report shows it, long texts cut."""
    match value:
        case bool():
            return _("sí") if value else _("no")
        case None | "":
            return _("vacío")
        case int():
            return str(value)
    line = " / ".join(str(value).splitlines())
    return f"«{line}»" if len(line) <= SHOWN else f"«{line[: SHOWN - 1]}…»"


def _defaults(model: type[models.Model], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: column_of(model, name).get_default() for name in names}


def _title(model: type[models.Model]) -> str:
    return str(model._meta.verbose_name)  # noqa: SLF001  Django's public `_meta`
