"""Write a checked catalogue: add and change rows, retire those that left a list, delete nothing.

Areas and types store in `loaded` the values of the last load. A value that differs from it was
changed at the desk since, and stays unless the load replaces it.
"""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from tickets.catalogue.entries import Catalogue, TypeEntry, column_of, values_of
from tickets.catalogue.problems import LINES_ARE_NOT_PUBLIC, CatalogueError, Problem
from tickets.models import OTHER_REASON, Area, RequestField, RequestType

ATTEMPTS = 3  # if a simultaneous load inserts a row first, this one starts again
MAX_SHOWN = 60  # characters of a text in the report


@dataclass
class Outcome:
    """The changes of one area or type."""

    name: str
    created: bool = False
    changes: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)  # changes of the desk that were not overwritten
    notes: list[str] = field(default_factory=list)  # what staff should do


@dataclass
class Report:
    """The changes that a load made, or that a dry run would make."""

    areas: list[Outcome] = field(default_factory=list)
    types: list[Outcome] = field(default_factory=list)

    def changed(self) -> bool:
        return any(each.created or each.changes for each in (*self.areas, *self.types))

    def kept(self) -> bool:
        return any(each.kept for each in (*self.areas, *self.types))


def write(catalogue: Catalogue, *, dry_run: bool = False, replace: bool = False) -> Report:
    """Write the catalogue in one transaction, which a dry run rolls back.

    Simultaneous loads wait for each other's rows. With `replace`, changes made at the desk are
    overwritten.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                report = _write(catalogue, replace=replace)
                if dry_run:
                    transaction.set_rollback(True)
        except IntegrityError:
            if attempt == ATTEMPTS:
                raise
        else:
            return report
    raise AssertionError  # unreachable: the last attempt returns or raises


def _write(catalogue: Catalogue, *, replace: bool) -> Report:
    # Sorted, so that simultaneous loads lock rows in the same order and cannot deadlock
    areas = sorted(catalogue.areas, key=lambda area: str(area["name"]))
    report = Report([_area(values, replace=replace) for values in areas])
    types = sorted(catalogue.types, key=lambda entry: entry.code)
    report.types = [_type(entry, replace=replace) for entry in types]
    return report


def _area(values: dict[str, Any], *, replace: bool) -> Outcome:
    outcome = Outcome(values["name"])
    # Locked, because `loaded` is read, merged and written
    area = Area.objects.select_for_update().filter(name=values["name"]).first()
    if area is None:
        whole = {**values, "is_active": values.get("is_active", bool(values.get("email")))}
        area = Area.objects.create(**whole, loaded=whole)
        outcome.created = True
    else:
        merge = _Merge(outcome, area.loaded, replace=replace)
        merge.columns(area, values, merge.loaded)
        merge.remember(area)
    if not area.email:
        outcome.notes.append(_("no se le avisa: falta su correo, que se pone en el escritorio."))
    return outcome


def _type(entry: TypeEntry, *, replace: bool) -> Outcome:
    outcome = Outcome(entry.code)
    # Locked, because its words and `loaded` are read, merged and written
    request_type = RequestType.objects.select_for_update().filter(code=entry.code).first()
    if request_type is None:
        request_type = RequestType.objects.create(code=entry.code, **entry.values)
        outcome.created = True
    merge = _Merge(outcome, request_type.loaded, replace=replace)
    merge.columns(request_type, entry.values, merge.loaded)
    if request_type.in_public_form and request_type.asks_lines:  # each may come from the file or the desk
        place = _("tipo «%(which)s»") % {"which": entry.code}
        raise CatalogueError([Problem("", place, "in_public_form", str(LINES_ARE_NOT_PUBLIC))])
    merge.words(request_type, entry.words or {})
    if entry.reasons is not None:
        merge.rows(request_type.reasons, "text", _reasons(entry.reasons))
    if entry.fields is not None:
        merge.rows(request_type.fields, "name", _fields(entry.fields))
    if entry.areas is not None:
        merge.areas(request_type, _areas(entry.code, entry.areas))
    if entry.documents is not None:
        merge.rows(request_type.required_documents, "name", _documents(entry.documents))
    merge.remember(request_type)
    if outcome.created:
        outcome.changes = []  # the report names only the new type, not each of its values
    return outcome


def _reasons(texts: list[str]) -> Iterator[dict[str, Any]]:
    for position, text in enumerate(texts, start=1):
        yield {"text": text, "position": position, "is_active": True}


def _fields(listed: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    defaults = {
        name: _default(RequestField, name)
        for name in ("hint", "kind", "choices", "is_required", "shown_if", "is_personal")
    }
    for position, values in enumerate(values_of(listed), start=1):
        yield {**defaults, **values, "position": position, "is_active": True}


def _documents(listed: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for position, values in enumerate(listed, start=1):
        yield {"hint": "", **values, "position": position}


def _areas(code: str, names: list[str]) -> dict[str, Area]:
    found = {area.name: area for area in Area.objects.filter(name__in=names)}
    if missing := [name for name in names if name not in found]:
        raise AreaMissing(code, missing)
    return found


class AreaMissing(Exception):
    """A type names areas that are neither in the files nor in the database."""

    def __init__(self, code: str, names: list[str]) -> None:
        super().__init__(code, *names)
        self.code, self.names = code, names


class _Merge:
    """Writes the file's values of one area or type over the stored ones; notes changes and kept.

    A stored value is the desk's if it differs from the last loaded one or, if no file gave one,
    from the column's default. Rows that no file named are the desk's.
    """

    def __init__(self, outcome: Outcome, loaded: dict[str, Any], *, replace: bool) -> None:
        self._outcome, self._replace = outcome, replace
        self.loaded = deepcopy(loaded)

    def remember(self, row: Area | RequestType) -> None:
        """Store the file's values in `loaded`, for the next load."""
        if row.loaded != self.loaded:
            row.loaded = self.loaded
            row.save(update_fields=["loaded"])

    def columns(
        self, row: models.Model, values: dict[str, Any], loaded: dict[str, Any], of: str = ""
    ) -> None:
        """Write the columns that differ. `of` is the prefix that names the row in the report."""
        written = []
        for name, value in values.items():
            before = getattr(row, name)
            last = loaded.get(name, _default(type(row), name))
            loaded[name] = value
            label = column_of(type(row), name).verbose_name
            if self._takes(f"{of}{label}", before, value, last):
                setattr(row, name, value)
                written.append(name)
        if written:
            row.save(update_fields=written)

    def words(self, request_type: RequestType, wanted: dict[str, str]) -> None:
        """Write the texts that differ. Texts that the file does not name stay."""
        own, loaded = dict(request_type.own_words), self.loaded.setdefault("words", {})
        for key, text in sorted(wanted.items()):
            last, loaded[key] = loaded.get(key, ""), text
            if self._takes(_("texto «%s»") % key, own.get(key, ""), text, last):
                own[key] = text
        own = {key: text for key, text in own.items() if text}
        if own != request_type.own_words:
            request_type.own_words = own
            request_type.save(update_fields=["own_words"])

    def rows(self, manager: Any, key: str, listed: Iterable[dict[str, Any]]) -> None:
        """Write the rows of one list of the type, and retire those that left it.

        `key` is the column that identifies a row.
        """
        loaded = self.loaded.setdefault(manager.model._meta.model_name, {})  # noqa: SLF001  public
        found = {getattr(row, key): row for row in manager.all()}
        named = set()
        for values in listed:
            name = values[key]
            named.add(name)
            title = f"{_title(manager.model)} «{name}»"
            if name in found:
                self.columns(found[name], values, loaded.setdefault(name, {}), f"{title}: ")
            elif name in loaded and not self._replace:
                self._outcome.kept.append(_("%s: se quitó") % title)
            else:
                manager.create(**values)
                loaded[name] = values
                self._outcome.changes.append(_("%s: se agrega") % title)
        for name, row in found.items():
            if name not in named and name != OTHER_REASON:
                self._left_the_list(row, loaded.get(name))

    def _left_the_list(self, row: Any, loaded: dict[str, Any] | None) -> None:
        title = f"{_title(type(row))} «{row}»"
        if not getattr(row, "is_active", True):
            return
        if loaded is None and not self._replace:
            self._outcome.kept.append(_("%s: no está en el archivo") % title)
        elif hasattr(row, "is_active"):
            row.is_active = False  # not deleted, because tickets refer to it
            row.save(update_fields=["is_active"])
            if loaded is not None:
                loaded["is_active"] = False
            self._outcome.changes.append(_("%s: se retira") % title)
        else:
            text = _("el documento «%s» no está en el archivo; si ya no se pide, elimínelo en el escritorio.")
            self._outcome.notes.append(text % row)

    def areas(self, request_type: RequestType, wanted: dict[str, Area]) -> None:
        """Link the areas of the list, except where the desk added or removed one."""
        linked = {area.name: area for area in request_type.areas.all()}
        last = set(self.loaded.get("areas", ()))
        self.loaded["areas"] = sorted(wanted)
        for name in sorted(wanted.keys() - linked.keys()):
            if name in last and not self._replace:
                self._outcome.kept.append(_("ya no se avisa a «%s»") % name)
            else:
                request_type.areas.add(wanted[name])
                self._outcome.changes.append(_("se avisa a «%s»") % name)
        for name in sorted(linked.keys() - wanted.keys()):
            if name in last or self._replace:
                request_type.areas.remove(linked[name])
                self._outcome.changes.append(_("ya no se avisa a «%s»") % name)
            else:
                self._outcome.kept.append(_("se avisa a «%s»") % name)

    def _takes(self, what: str, before: Any, value: Any, last: Any) -> bool:
        """Return whether to write the file's value; note the change, or that it was kept."""
        if before == value:
            return False
        if before == last or self._replace:
            self._outcome.changes.append(f"{what}: {_shown(before)} → {_shown(value)}")
            return True
        text = _("%(what)s: %(before)s (el archivo dice %(value)s)")
        self._outcome.kept.append(text % {"what": what, "before": _shown(before), "value": _shown(value)})
        return False


def _shown(value: Any) -> str:
    """Return a value as the report shows it; long texts are shortened."""
    match value:
        case bool():
            return _("sí") if value else _("no")
        case None | "":
            return _("vacío")
        case int():
            return str(value)
    line = " / ".join(str(value).splitlines())
    return f"«{line}»" if len(line) <= MAX_SHOWN else f"«{line[: MAX_SHOWN - 1]}…»"


def _default(model: type[models.Model], name: str) -> Any:
    return column_of(model, name).get_default()


def _title(model: type[models.Model]) -> str:
    return str(model._meta.verbose_name)  # noqa: SLF001  Django's public `_meta`
