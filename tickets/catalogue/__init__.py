"""Request types in YAML files: `load` checks the files whole and writes them (A7).

What the desk changed since the last load stays unless the load replaces it, and the report says
both. Nothing is deleted. The product ships a catalogue in `tickets/catalogue/shipped/`, one file
for each family.
"""

from collections.abc import Sequence
from pathlib import Path

from django.utils.translation import gettext as _

from tickets.catalogue.entries import check
from tickets.catalogue.problems import CatalogueError, Problem
from tickets.catalogue.writing import AreaMissing, Outcome, Report, write
from tickets.catalogue.yaml_file import read

__all__ = ["SHIPPED", "CatalogueError", "Outcome", "Problem", "Report", "load", "shipped_files"]

SHIPPED = Path(__file__).parent / "shipped"


def shipped_files() -> list[Path]:
    """Return the files of the catalogue that the product ships."""
    return sorted(SHIPPED.glob("*.yaml"))


def load(paths: Sequence[Path] = (), *, dry_run: bool = False, replace: bool = False) -> Report:
    """Load the files, or the shipped catalogue without any. Raises CatalogueError.

    All of it is one transaction. A second load changes nothing; a dry run writes nothing and
    reports the same. `replace` writes also over what was changed at the desk.
    """
    catalogue = check([(path.name, read(path)) for path in paths or shipped_files()])
    try:
        return write(catalogue, dry_run=dry_run, replace=replace)
    except AreaMissing as missing:
        place = _("tipo «%s»") % missing.code
        text = _("no existe. Póngala en «areas:» o créela en el escritorio.")
        raise CatalogueError(
            [Problem("", place, f"areas.«{name}»", text) for name in missing.names]
        ) from None
