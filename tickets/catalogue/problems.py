"""Problems of catalogue files."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

LINES_ARE_NOT_PUBLIC = _(
    "Un tipo que pide las líneas no se ofrece sin ingresar: allí no se conoce la empresa."
)


@dataclass(frozen=True)
class Problem:
    """One error: the file, the type or area in it, the key, and what to do."""

    file: str
    place: str
    key: str
    text: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.place, self.key, self.text) if part)


class CatalogueError(Exception):
    """The files cannot be loaded; `problems` says why, in Spanish. Nothing was written."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__(*problems)
        self.problems = list(problems)
