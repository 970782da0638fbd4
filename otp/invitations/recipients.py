"""Reads lists of people to invite: phones, tax ids of companies, or a file of either (A17)."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from companies.identity import CEDULA_DIGITS, RUC_DIGITS, InvalidTaxId, check_tax_id
from companies.models import Administrator, Company
from companies.phones import InvalidPhone, normalise_mobile
from companies.search_terms import digits_of
from otp.invitations.invitations import Refusal, refusal_of_number

MAX_BYTES = 5 * 1024 * 1024  # about 400,000 numbers; a larger file is probably something else
MAX_LINE_LENGTH = 10_000  # characters, with other columns; the csv module raises at 131,072
SEPARATORS = ";,\t"
# For other errors the message is the operating system's, which is in English
OS_ERROR_TEXTS: dict[type[OSError], str | Promise] = {
    FileNotFoundError: gettext_lazy("no existe"),
    IsADirectoryError: gettext_lazy("es una carpeta"),
    PermissionError: gettext_lazy("no hay permiso"),
}


class UnreadableFile(Exception):
    """The file cannot be used at all; the message is for staff."""


@dataclass(frozen=True)
class ListEntry:
    """One entry of a list: an E.164 phone, a company's tax id, or why it could not be read."""

    place: int  # the number of the line or argument, from 1
    phone: str = ""
    tax_id: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Recipients:
    """The administrators to invite for an entry, or the reason why there is none."""

    administrators: list[Administrator] = field(default_factory=list)
    refused: list[tuple[str, Refusal]] = field(default_factory=list)  # the phone, or "", and the reason


def from_phones(phones: Iterable[str]) -> list[ListEntry]:
    return [_parse_phone(place, raw) for place, raw in enumerate(phones, start=1)]


def from_tax_ids(tax_ids: Iterable[str]) -> list[ListEntry]:
    return [_parse_tax_id(place, raw) for place, raw in enumerate(tax_ids, start=1)]


def from_file(path: Path) -> list[ListEntry]:
    """Read a file with one phone or tax id per line. Raises UnreadableFile.

    It may have a heading, other columns, quotes, empty lines and a byte order mark.
    """
    lines = _text(path).splitlines()
    if any(len(line) > MAX_LINE_LENGTH for line in lines):
        raise UnreadableFile(_("El archivo tiene líneas demasiado largas: no parece una lista de números."))
    rows = [(place, _cells(line)) for place, line in enumerate(lines, start=1)]
    rows = [(place, cells) for place, cells in rows if cells]
    if rows and not any(character.isdecimal() for character in "".join(rows[0][1])):
        rows = rows[1:]  # the heading
    return [_parse_cells(place, cells) for place, cells in rows]


def find(entry: ListEntry) -> Recipients:
    """Look up the people of an entry: one administrator by phone, or all those of a company."""
    if entry.phone:
        refusal = refusal_of_number(entry.phone)
        administrator = Administrator.objects.filter(phone=entry.phone).first()
        if refusal is not None or administrator is None:
            return Recipients(refused=[(entry.phone, refusal or Refusal.NOT_ADMINISTRATOR)])
        return Recipients([administrator])
    if entry.tax_id:
        company = Company.objects.filter(tax_id=entry.tax_id).first()
        if company is None:
            return Recipients(refused=[("", Refusal.NO_SUCH_COMPANY)])
        administrators = list(company.administrators.all())
        refused = [] if administrators else [("", Refusal.NOBODY_IN_COMPANY)]
        return Recipients(administrators, refused)
    return Recipients(refused=[("", Refusal.MALFORMED)])


def _parse_cells(place: int, cells: list[str]) -> ListEntry:
    """Parse the one cell of a line that is a phone or tax id.

    With two of them, the line is refused: it is not clear whom it means.
    """
    parsed = [_parse_cell(place, cell) for cell in cells]
    usable = [entry for entry in parsed if not entry.problem]
    if len(usable) > 1:
        return ListEntry(place, problem=_("Hay más de un número en la línea: deje uno."))
    if usable:
        return usable[0]
    # The problem of a cell with digits says more than that of a name
    with_digits = [entry for entry, cell in zip(parsed, cells, strict=True) if any(map(str.isdecimal, cell))]
    return (with_digits or parsed)[0]


def _parse_cell(place: int, raw: str) -> ListEntry:
    """Parse a phone, or a tax id if it is not one.

    Ten digits that start with 09 are read as a phone, although a cédula may also start so: those
    companies can be named with `--company`.
    """
    entry = _parse_phone(place, raw)
    digits = digits_of(raw)
    if entry.problem and len(digits) in {CEDULA_DIGITS, RUC_DIGITS} and not digits.startswith("593"):
        return _parse_tax_id(place, raw)
    return entry


def _parse_phone(place: int, raw: str) -> ListEntry:
    try:
        return ListEntry(place, phone=normalise_mobile(raw))
    except InvalidPhone as error:
        return ListEntry(place, problem=str(error))


def _parse_tax_id(place: int, raw: str) -> ListEntry:
    try:
        return ListEntry(place, tax_id=check_tax_id(raw).number)
    except InvalidTaxId as error:
        return ListEntry(place, problem=str(error))


def _cells(line: str) -> list[str]:
    """Split a line at the first of SEPARATORS that it has, and leave out empty cells."""
    line = line.strip()
    separator = next((each for each in SEPARATORS if each in line), ",")
    cells: Iterator[str] = (cell.strip() for row in csv.reader([line], delimiter=separator) for cell in row)
    return [cell for cell in cells if cell]


def _text(path: Path) -> str:
    """Read a file in UTF-16 (with its mark), UTF-8 or Windows-1252. Raises UnreadableFile."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        why = OS_ERROR_TEXTS.get(type(error), error.strerror)
        raise UnreadableFile(_("No se puede leer {path}: {why}.").format(path=path, why=why)) from error
    if len(raw) > MAX_BYTES:
        raise UnreadableFile(_("El archivo pasa de 5 MB: no parece una lista de números."))
    for encoding in ("utf-16",) if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1252"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UnreadableFile(
        _("El archivo no es de texto. Guárdelo como CSV, con un número de teléfono o RUC por línea.")
    )
