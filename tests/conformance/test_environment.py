"""docs/environment.md and .env.example list exactly the variables that are read."""

import ast
import re

from tests.conformance.project import BASE, tree

# Read by gunicorn.conf.py, make and the tests
ELSEWHERE = {"WEB_BIND", "WEB_CONCURRENCY", "PORT", "CI", "CORPUS_DIR"}
DEVELOPERS_ONLY = {"PORT", "CI", "CORPUS_DIR"}
ROW = re.compile(r"^\| `([A-Z_]+)` \|", re.MULTILINE)
EXAMPLE = re.compile(r"^#?([A-Z_]+)=", re.MULTILINE)


def read_by_settings() -> set[str]:
    """Return the names that settings.py reads with `env.text("NAME")` and similar calls."""
    names: set[str] = set()
    for node in ast.walk(tree(BASE / "fidelizacion" / "settings.py")):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="env")), args=[ast.Constant(value=str(name)), *_]
            ):
                names.add(name)
    return names


def test_every_variable_is_in_the_table_and_nothing_else_is() -> None:
    table = set(ROW.findall((BASE / "docs" / "environment.md").read_text(encoding="utf-8")))
    assert len(read_by_settings()) > 30
    assert table == read_by_settings() | ELSEWHERE


def test_every_variable_is_in_the_example_file() -> None:
    example = set(EXAMPLE.findall((BASE / ".env.example").read_text(encoding="utf-8")))
    assert example == (read_by_settings() | ELSEWHERE) - DEVELOPERS_ONLY


def test_the_variables_of_the_web_server_are_read_by_it() -> None:
    text = (BASE / "gunicorn.conf.py").read_text(encoding="utf-8")
    assert set(re.findall(r'environ\.get\("([A-Z_]+)"', text)) == {
        "WEB_THREADS",  # settings.py reads it too
        *(name for name in ELSEWHERE if name.startswith("WEB_")),
    }
