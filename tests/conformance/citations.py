"""Where the repository cites a rule of docs/rules.md: in comments, docstrings, names of tests and
docs.
"""

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.conformance.project import BASE, PRODUCT, sources, tree

# "S3" is the protocol of a store; a rule never gets that id
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
    """Every file in which people cite rules, by its path, with the text that may cite them."""
    for path in PYTHON:
        yield _name(path), _of_python(path)
    for path in documents():
        yield _name(path), CODE.sub("", path.read_text(encoding="utf-8"))
    for path in _of_the_pages():
        yield _name(path), _matches(COMMENTS[path.suffix], path)
    for path in configuration():
        yield _name(path), _matches(HASH_COMMENT, path)


def everything() -> Iterator[tuple[str, str]]:
    """The same files whole, with docs/rules.md."""
    for path in [*PYTHON, *documents(), *configuration(), *_of_the_pages(), RULES]:
        yield _name(path), path.read_text(encoding="utf-8")


def documents() -> list[Path]:
    """The Markdown files, but for the rules themselves."""
    found = [*BASE.glob("*.md"), *(BASE / "docs").glob("*.md"), *(BASE / "deploy").rglob("*.md")]
    return sorted(path for path in found if path != RULES)


def configuration() -> list[Path]:
    """What is neither Python nor Markdown and has comments after a `#`."""
    named = [
        BASE / name
        for name in ("Makefile", "Dockerfile", "pyproject.toml", "docker-compose.yml", ".env.example")
    ]
    return [*named, *sorted(path for path in (BASE / "deploy").rglob("*") if path.suffix in {".conf", ".sh"})]


def _of_the_pages() -> list[Path]:
    """Templates, styles and scripts."""
    found = [path for folder in ("templates", "static") for path in (BASE / folder).rglob("*")]
    return sorted(path for path in found if path.suffix in COMMENTS)


def ids(text: str) -> Iterator[str]:
    """The ids that a text cites; a range such as R3.07-R3.09 is each of them."""
    for first, last in CITED.findall(text):
        yield from _range(first, last) if last else [first]


def _range(first: str, last: str) -> Iterator[str]:
    prefix, start = re.fullmatch(r"(R\d\.|[A-Z])(\d+)b?", first).groups()  # type: ignore[union-attr]
    end = int(re.search(r"\d+$", last.rstrip("b")).group())  # type: ignore[union-attr]
    for number in range(int(start), end + 1):
        yield f"{prefix}{number:02}" if prefix.startswith("R") else f"{prefix}{number}"


def _of_python(path: Path) -> str:
    """Comments, docstrings, and the ids in the names of tests, written as elsewhere."""
    found: list[str] = []
    source = path.read_text(encoding="utf-8")
    if not CITED.search(source) and "def test_" not in source:
        return ""  # reading its tokens would take most of the time
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
    """The ids at the beginning of a test's name: `test_r4_03_…` is R4.03, `test_s2_r5_02_…` S2 and
    R5.02.
    """
    head = ANYWHERE_IN_A_TEST_NAME.match(test)
    found = IN_A_TEST_NAME.findall(test[: head.end() + 1]) if head else []
    return [f"{id_[0].upper()}{id_[1:].replace('_', '.')}" for id_ in found]


def _matches(comment: re.Pattern[str], path: Path) -> str:
    return "\n".join(
        "".join(filter(None, match.groups())) for match in comment.finditer(path.read_text("utf-8"))
    )


def _name(path: Path) -> str:
    return str(path.relative_to(BASE))
