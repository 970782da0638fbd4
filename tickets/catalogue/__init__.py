"""Request types in YAML files: `load` checks the files completely, then writes them (A7).

Changes made at the desk since the last load stay, unless the load replaces them; the report names
what was written and what was kept. Nothing is deleted. The product ships a catalogue in
`tickets/catalogue/shipped/`, one file for each family.
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
    """Load the files, or the shipped catalogue if none is given. Raises CatalogueError.

    The load is one transaction. A second load changes nothing. A dry run reports the same and
    writes nothing. With `replace`, the files also overwrite changes made at the desk.
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
