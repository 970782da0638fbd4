"""The pages of documentation: one language for each reader, links and paths that exist, lines that
fit a terminal.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.conformance.citations import everything
from tests.conformance.project import APPS, BASE

# Who reads what: operators and administrators read Spanish, developers English. Each page names its
# readers in its first lines.
SPANISH = {
    "docs/actualizar.md",
    "docs/antivirus.md",
    "docs/attachments.md",
    "docs/docker.md",
    "docs/environment.md",
    "docs/fechas.md",
    "docs/instalacion.md",
    "docs/listas.md",
    "docs/mail-providers.md",
    "docs/network-identity.md",
    "docs/nginx.md",
    "docs/operations.md",
    "docs/performance.md",
    "docs/personal-data.md",
    "docs/pin.md",
    "docs/sms.md",
    "docs/staff.md",
    "docs/tipos-de-solicitud.md",
}
ENGLISH = {
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "docs/decisions.md",
    "docs/glossary.md",
    "docs/rules.md",
}
# Leads readers of Spanish on from the first lines of README
SWITCH = ("README.md", "docs/instalacion.md")
READERS = {True: re.compile(r"\bPara quien "), False: re.compile(r"\b[Ff]or (?:people who|developers)\b")}
PAGES = sorted([*BASE.glob("*.md"), *(BASE / "docs").rglob("*.md")])
FENCED = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"manage\.py (?!help\b)([a-z]\w+)")
SPAN = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"[\w.-]+(?:/[\w.-]+)+/?|[\w-]+\.md")
OURS = (
    *APPS,
    "fidelizacion",
    "demo",
    "bench",
    "deploy",
    "docs",
    "requirements",
    "static",
    "templates",
    "tests",
)
WIDTH = 100


def name(page: Path) -> str:
    return str(page.relative_to(BASE))


def prose(page: Path) -> str:
    """The page without its blocks of code."""
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> Iterator[str]:
    """The addresses that a page links to, those outside the repository left out."""
    return (target for target in LINK.findall(prose(page)) if "://" not in target)


def test_each_page_is_in_one_language() -> None:
    assert {name(page) for page in PAGES} == SPANISH | ENGLISH
    assert SPANISH.isdisjoint(ENGLISH)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_names_its_readers_first(page: Path) -> None:
    introduction = prose(page).partition("\n## ")[0]
    assert READERS[name(page) in SPANISH].search(" ".join(introduction.split()))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_links_to_existing_pages_in_the_same_language(page: Path) -> None:
    for target in links(page):
        file, _, heading = target.partition("#")
        leads_to = (page.parent / file).resolve() if file else page
        assert leads_to.exists(), target
        if leads_to.suffix == ".md":
            assert heading in {"", *anchors(leads_to)}, target
            other = name(leads_to)
            in_one_language = (name(page) in SPANISH) == (other in SPANISH)
            assert in_one_language or (name(page), other) == SWITCH, target


def test_the_language_switch_stands_in_the_first_lines() -> None:
    page, other = SWITCH
    text = prose(BASE / page)
    assert LINK.findall(text)[0] == other
    assert text.count(other) == text.partition("\n## ")[0].count(f"[{other}]({other})") * 2


def anchors(page: Path) -> set[str]:
    """The fragments by which GitHub knows the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_prose_fits_the_width(page: Path) -> None:
    """Tables and code may be wider. A rule is one line, so that grep finds the whole of it."""
    rule = "- **" if name(page) == "docs/rules.md" else "\0"
    lines = prose(page).splitlines()
    assert [line for line in lines if len(line) > WIDTH and not line.lstrip().startswith(("|", rule))] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_file_of_the_project_that_a_page_names_exists(page: Path) -> None:
    """When code moves, the pages that name its files must be changed too."""
    gone = [
        span
        for span in SPAN.findall(prose(page))
        if FILE.fullmatch(span)
        and (span.split("/")[0] in OURS or span.endswith(".md"))
        and not any((root / span).exists() for root in (BASE, page.parent))
    ]
    assert gone == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    named = set(COMMAND.findall(" ".join(page.read_text(encoding="utf-8").split())))
    assert named <= set(get_commands())


def test_every_page_that_the_code_names_exists() -> None:
    named = {
        (where, found)
        for where, text in everything()
        for found in re.findall(r"\bdocs/[\w-]+\.md", text)
        if where != "tests/conformance/test_docs.py"
    }
    assert len(named) > 20
    assert [(where, found) for where, found in sorted(named) if not (BASE / found).exists()] == []
