"""Read a YAML file as plain data: strings, whole numbers, true, false, lists and mappings.

Stricter than YAML 1.1: `No` and `Sí` are strings, a repeated key is an error, and references are
refused, because a few lines of them can expand to gigabytes.
"""

import re
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from yaml.nodes import MappingNode, Node

from tickets.catalogue.problems import CatalogueError, Problem

MAX_BYTES = 1024 * 1024
UNREADABLE = {
    FileNotFoundError: gettext_lazy("no existe."),
    IsADirectoryError: gettext_lazy("es una carpeta."),
    PermissionError: gettext_lazy("no hay permiso para leerlo."),
}
NULL, BOOL, INT = (f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int"))


class _Refused(yaml.MarkedYAMLError):
    """A part of the file that YAML accepts and this reader refuses."""

    def __init__(self, problem: str, node: Any) -> None:
        super().__init__(problem=problem, problem_mark=node.start_mark)


class _Loader(yaml.SafeLoader):
    """A SafeLoader that resolves only true, false, whole numbers and null, without references."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Refused(_("las referencias (& y *) no se admiten"), event)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = set()
        for key_node, _value in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise _Refused(_("cada clave es una palabra"), key_node)
            if key in keys:
                raise _Refused(_("la clave «%(key)s» está repetida") % {"key": key}, key_node)
            keys.add(key)
        return super().construct_mapping(node, deep)


for tag, pattern, first in (
    (BOOL, r"true|false", "tf"),
    (INT, r"-?(?:0|[1-9][0-9]{0,8})", "-0123456789"),
    (NULL, r"~|null|", ["~", "n", ""]),
):
    _Loader.add_implicit_resolver(tag, re.compile(rf"(?:{pattern})\Z"), first)


def read(path: Path) -> Any:
    """Return the content of the file. Raises CatalogueError."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise _error(path, _("pasa de 1 MB."))
        return yaml.load(content.decode("utf-8-sig"), Loader=_Loader)  # noqa: S506  a SafeLoader
    except OSError as error:
        raise _error(path, str(UNREADABLE.get(type(error), _("no se puede leer.")))) from error
    except UnicodeDecodeError as error:
        raise _error(path, _("no está en UTF-8.")) from error
    except RecursionError as error:
        raise _error(path, _("tiene demasiados niveles.")) from error
    except yaml.MarkedYAMLError as error:
        raise _error(path, _described(error), _place(error)) from error
    except (yaml.YAMLError, ValueError) as error:  # such as a character that YAML does not allow
        raise _error(path, _("tiene un carácter o un valor que YAML no admite.")) from error


def _error(path: Path, text: str, place: str = "") -> CatalogueError:
    return CatalogueError([Problem(path.name, place, "", text)])


def _place(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    return _("renglón %(line)d") % {"line": mark.line + 1} if mark else ""


def _described(error: yaml.MarkedYAMLError) -> str:
    """Return the problem: a Spanish sentence, followed by the library's English message."""
    if isinstance(error, _Refused):
        return f"{error.problem}."
    return _("no es YAML: revise la sangría, los dos puntos y las comillas (%(problem)s).") % {
        "problem": error.problem or error.context
    }
