"""Finds the citations of docs/rules.md in comments, docstrings, names of tests and docs."""

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.conformance.project import BASE, PRODUCT, sources, tree

# "S3" is the storage protocol; no rule has that id
ID = r"(?:[A-F]\d{1,2}b?|[ILPS]\d{1,2}|R\d\.\d\d)"
CITED = re.compile(rf"(?<![\w./%#`-])(?!S3\b)({ID})(?:-({ID}))?(?![\w`-]|\.\d)")
IN_A_TEST_NAME = re.compile(r"(?<=_)(?:[a-f]\d{1,2}b?|[ilps]\d{1,2}|r\d_\d\d)(?=_)")
ANYWHERE_IN_A_TEST_NAME = re.compile(rf"test(?:_(?:{IN_A_TEST_NAME.pattern}))*")
COMMENTS = {
    ".html": re.compile(r"\{#(.*?)#\}|\{% comment %\}(.*?)\{% endcomment %\}", re.DOTALL),
    ".txt": re.compile(r"\{#(.*?)#\}|\{% comment %\}(.*?)\{% endcomment %\}", re.DOTALL),
    ".css": re.compile(r"/\*(.*?)\*/", re.DOTALL),
    ".js": re.compile(r"/\*(.*?)\*/|//(.*)"),
}
HASH_COMMENT = re.compile(r"(?:^|\s)#(.*)", re.MULTILINE)
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)

RULES = BASE / "docs" / "rules.md"
PYTHON = [
    *sources(*PRODUCT, "tests", "bench", "typings"),
    BASE / "manage.py",
    BASE / "gunicorn.conf.py",
]


def texts() -> Iterator[tuple[str, str]]:
    """Yield each file's path and the part of its text in which it may cite rules."""
    for path in PYTHON:
        yield _name(path), _of_python(path)
    for path in documents():
        yield _name(path), CODE.sub("", path.read_text(encoding="utf-8"))
    for path in _of_the_pages():
        yield _name(path), _matches(COMMENTS[path.suffix], path)
    for path in configuration():
        yield _name(path), _matches(HASH_COMMENT, path)


def everything() -> Iterator[tuple[str, str]]:
    """Yield the whole text of the same files and of docs/rules.md."""
    for path in [*PYTHON, *documents(), *configuration(), *_of_the_pages(), RULES]:
        yield _name(path), path.read_text(encoding="utf-8")


def documents() -> list[Path]:
    """Return the Markdown files except docs/rules.md."""
    found = [*BASE.glob("*.md"), *(BASE / "docs").glob("*.md"), *(BASE / "deploy").rglob("*.md")]
    return sorted(path for path in found if path != RULES)


def configuration() -> list[Path]:
    """Return the configuration files whose comments begin with `#`."""
    named = [
        BASE / name
        for name in ("Makefile", "Dockerfile", "pyproject.toml", "docker-compose.yml", ".env.example")
    ]
    return [*named, *sorted(path for path in (BASE / "deploy").rglob("*") if path.suffix in {".conf", ".sh"})]


def _of_the_pages() -> list[Path]:
    """Return the templates, styles and scripts."""
    found = [
        path for folder in ("templates", "desk/templates", "static") for path in (BASE / folder).rglob("*")
    ]
    return sorted(path for path in found if path.suffix in COMMENTS)


def ids(text: str) -> Iterator[str]:
    """Yield the ids that a text cites, also each one of a range such as R3.07-R3.09."""
    for first, last in CITED.findall(text):
        yield from _range(first, last) if last else [first]


def _range(first: str, last: str) -> Iterator[str]:
    prefix, start = re.fullmatch(r"(R\d\.|[A-Z])(\d+)b?", first).groups()  # type: ignore[union-attr]
    end = int(re.search(r"\d+$", last.rstrip("b")).group())  # type: ignore[union-attr]
    for number in range(int(start), end + 1):
        yield f"{prefix}{number:02}" if prefix.startswith("R") else f"{prefix}{number}"


def _of_python(path: Path) -> str:
    """Return the comments, the docstrings, and the ids in names of tests in their usual form."""
    found: list[str] = []
    source = path.read_text(encoding="utf-8")
    if not CITED.search(source) and "def test_" not in source:
        return ""  # tokenizing every file would take most of the time
    with path.open("rb") as file:
        found += [
            token.string for token in tokenize.tokenize(file.readline) if token.type == tokenize.COMMENT
        ]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.append(ast.get_docstring(node) or "")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            found += named(node.name)
    return "\n".join(found)


def named(test: str) -> list[str]:
    """Return the ids at the start of a test's name: `test_s2_r5_02_…` cites S2 and R5.02."""
    head = ANYWHERE_IN_A_TEST_NAME.match(test)
    found = IN_A_TEST_NAME.findall(test[: head.end() + 1]) if head else []
    return [f"{id_[0].upper()}{id_[1:].replace('_', '.')}" for id_ in found]


def _matches(comment: re.Pattern[str], path: Path) -> str:
    return "\n".join(
        "".join(filter(None, match.groups())) for match in comment.finditer(path.read_text("utf-8"))
    )


def _name(path: Path) -> str:
    return str(path.relative_to(BASE))
