"""The source files and the addresses of the product, for the conformance tests."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.urls import URLPattern, URLResolver, get_resolver

BASE = Path(__file__).resolve().parent.parent.parent
# The packages of the production image, which leaves out the demo
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
    """Return the Python files below these folders, except generated migrations."""
    found = [path for folder in folders for path in sorted((BASE / folder).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> set[str]:
    """Return the top-level packages that a file imports, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def addresses() -> Iterator[tuple[str, URLPattern]]:
    """Yield every address with its pattern, except the admin's, which Django itself protects."""
    yield from _below("", get_resolver())


def _below(prefix: str, resolver: URLResolver) -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield path, entry
        elif entry.app_name != "admin":
            yield from _below(path, entry)
