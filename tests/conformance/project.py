"""What the conformance tests walk: the source files of the product and every address it answers."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.urls import URLPattern, URLResolver, get_resolver

BASE = Path(__file__).resolve().parent.parent.parent
# In the production image; the demo is not
APPS = (
    "attachments",
    "audit",
    "brand",
    "companies",
    "desk",
    "jobs",
    "notifications",
    "operations",
    "otp",
    "portal",
    "staff",
    "tickets",
)
PRODUCT = ("fidelizacion", "demo", *APPS)


def sources(*folders: str) -> list[Path]:
    """The Python files below these folders; migrations are Django's, not ours."""
    found = [path for folder in folders for path in sorted((BASE / folder).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> set[str]:
    """The top-level packages that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def addresses() -> Iterator[tuple[str, URLPattern]]:
    """Every address with its pattern, the admin's left out: Django gates those itself."""
    yield from _below("", get_resolver())


def _below(prefix: str, resolver: URLResolver) -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield path, entry
        elif entry.app_name != "admin":
            yield from _below(path, entry)
