"""Who is to be invited, as staff name them: phones, companies by RUC or cédula, or a file of either
(A17).
"""

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

MOST_BYTES = 5 * 1024 * 1024  # some 400,000 numbers: more is some other file
MOST_IN_LINE = 10_000  # characters, other columns included; the csv module raises at 131,072
SEPARATORS = ";,\t"
# What the system would say in English; of the rest it says itself
WHY: dict[type[OSError], str | Promise] = {
    FileNotFoundError: gettext_lazy("no existe"),
    IsADirectoryError: gettext_lazy("es una carpeta"),
    PermissionError: gettext_lazy("no hay permiso"),
}


class UnreadableFile(Exception):
    """The file cannot be used at all; the message is for staff."""


@dataclass(frozen=True)
class Recipient:
    """What stands in one place of a list: a phone in E.164, the tax id of a company, or neither,
    and why.
    """

    place: int  # the line of a file, or which of the arguments; from 1
    phone: str = ""
    tax_id: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Recipients:
    """Whom an entry stands for: administrators, and numbers or companies that nobody can be invited
    for.
    """

    administrators: list[Administrator] = field(default_factory=list)
    refused: list[tuple[str, Refusal]] = field(default_factory=list)  # the number, if there is one, and why


def from_phones(phones: Iterable[str]) -> list[Recipient]:
    return [_phone(place, raw) for place, raw in enumerate(phones, start=1)]


def from_tax_ids(tax_ids: Iterable[str]) -> list[Recipient]:
    return [_tax_id(place, raw) for place, raw in enumerate(tax_ids, start=1)]


def from_file(path: Path) -> list[Recipient]:
    """One phone or RUC a line, with or without a heading, other columns, quotes, empty lines or a
    byte order mark.

    Raises UnreadableFile.
    """
    lines = _text(path).splitlines()
    if any(len(line) > MOST_IN_LINE for line in lines):
        raise UnreadableFile(_("El archivo tiene líneas demasiado largas: no parece una lista de números."))
    rows = [(place, _cells(line)) for place, line in enumerate(lines, start=1)]
    rows = [(place, cells) for place, cells in rows if cells]
    if rows and not any(character.isdecimal() for character in "".join(rows[0][1])):
        rows = rows[1:]  # the heading
    return [_of_cells(place, cells) for place, cells in rows]


def find(entry: Recipient) -> Recipients:
    """Look up whom it stands for. An entry that could not be read stands for nobody."""
    if entry.phone:
        return _by_phone(entry.phone)
    if entry.tax_id:
        return _by_company(entry.tax_id)
    return Recipients(refused=[("", Refusal.MALFORMED)])


def _by_phone(phone: str) -> Recipients:
    refusal = refusal_of_number(phone)
    administrator = Administrator.objects.filter(phone=phone).first()
    if refusal is not None or administrator is None:
        return Recipients(refused=[(phone, refusal or Refusal.NOT_ADMINISTRATOR)])
    return Recipients([administrator])


def _by_company(tax_id: str) -> Recipients:
    company = Company.objects.filter(tax_id=tax_id).first()
    if company is None:
        return Recipients(refused=[("", Refusal.NO_SUCH_COMPANY)])
    administrators = list(company.administrators.all())
    return (
        Recipients(administrators)
        if administrators
        else Recipients(refused=[("", Refusal.NOBODY_IN_COMPANY)])
    )


def _of_cells(place: int, cells: list[str]) -> Recipient:
    """The one cell of a line that is a number; a line with several would invite people nobody
    meant.
    """
    read = [_either(place, cell) for cell in cells]
    usable = [entry for entry in read if not entry.problem]
    if len(usable) > 1:
        return Recipient(place, problem=_("Hay más de un número en la línea: deje uno."))
    if usable:
        return usable[0]
    figures = [entry for entry, cell in zip(read, cells, strict=True) if any(map(str.isdecimal, cell))]
    return (figures or read)[0]


def _either(place: int, raw: str) -> Recipient:
    """Ten digits that begin with 09 are a phone. A cédula may begin so, too: that company is for
    `--company`.
    """
    entry = _phone(place, raw)
    digits = digits_of(raw)
    if entry.problem and len(digits) in {CEDULA_DIGITS, RUC_DIGITS} and not digits.startswith("593"):
        return _tax_id(place, raw)
    return entry


def _phone(place: int, raw: str) -> Recipient:
    try:
        return Recipient(place, phone=normalise_mobile(raw))
    except InvalidPhone as error:
        return Recipient(place, problem=str(error))


def _tax_id(place: int, raw: str) -> Recipient:
    try:
        return Recipient(place, tax_id=check_tax_id(raw).number)
    except InvalidTaxId as error:
        return Recipient(place, problem=str(error))


def _cells(line: str) -> list[str]:
    """The cells of a line that hold anything. A comma or a semicolon separates, whichever program
    wrote the file.
    """
    line = line.strip()
    separator = next((each for each in SEPARATORS if each in line), ",")
    cells: Iterator[str] = (cell.strip() for row in csv.reader([line], delimiter=separator) for cell in row)
    return [cell for cell in cells if cell]


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        why = WHY.get(type(error), error.strerror)
        raise UnreadableFile(_("No se puede leer {path}: {why}.").format(path=path, why=why)) from error
    if len(raw) > MOST_BYTES:
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
