"""Set up every test: a separate folder for documents, sockets to loopback only with the `loopback`
marker, and the order of the groups.
"""

import gc
import itertools
import math
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.template.backends import jinja2
from django.test.signals import template_rendered
from pytest_django import Settings

pytest_plugins = ["tests.record", "tests.stack"]

TESTS = Path(__file__).resolve().parent
NUMBERS = itertools.count()
LONGEST_VALUE = 100  # characters of a parameter in the test's id


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a long parameter by its length: of a document of 1 MB, pytest would make an id of 6 MB
    in each worker.
    """
    if isinstance(val, str | bytes) and len(val) > LONGEST_VALUE:
        return f"{argname} of {len(val)}"
    return None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect no garbage while the tests are found: their 5,000 items stay until the end, and
    looking at them again and again takes a quarter of the time.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.hookimpl(tryfirst=True)  # before xdist, which reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests into groups; allow tests marked `loopback` to connect to this machine only.

    The groups of real processes go first, the largest ahead: they mostly wait, so the other tests
    can use the processors meanwhile.
    Groups that commit go last, because they empty the tables, also of the rows that migrations
    created.
    """
    processes = Counter(group(item) for item in items if item.get_closest_marker("processes"))
    emptying = {group(item) for item in items if _commits(item)}
    for item in items:
        if item.get_closest_marker("loopback"):
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1", "::1"]))
        # The conformance tests read the whole project, which takes longer than a unit test may
        if _commits(item) or item.path.parent.name == "conformance":
            item.add_marker(pytest.mark.thorough)
        item.add_marker(pytest.mark.xdist_group(group(item)))
    items.sort(key=lambda item: _turn(group(item), processes, emptying))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: Sequence[str]) -> None:
    """Refuse to run where xdist has lost the groups: servers would be started in every worker.

    xdist writes the group behind the parameters of a test's id. This runs in the process that
    prints: an error in a worker would be shown as an internal error of xdist.
    """
    lost = [test for test in ids if "@" not in test.rpartition("]")[2]]
    if lost and node.config.getoption("dist") == "loadgroup":
        pytest.exit(f"xdist has put {lost[0]} in no group", returncode=pytest.ExitCode.USAGE_ERROR)


def group(item: pytest.Item) -> str:
    """Return the test's group. One xdist worker runs a whole group, so that the product its tests
    share is started once.
    """
    folder = _folder(item.path.parent)
    fixtures = getattr(item, "fixturenames", ())
    for product in ("faulty", "stack"):
        if product in fixtures:
            return f"{folder}-{product}"
    kind = "-processes" if item.get_closest_marker("processes") else ""
    return f"{folder}/{item.path.stem}{kind}"


@cache
def _folder(path: Path) -> str:
    return path.relative_to(TESTS).as_posix()


def _commits(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction"))


def _turn(name: str, processes: Counter[str], emptying: set[str]) -> tuple[int, int, str]:
    """Return the sort key of a group: real processes, then the shuffled rest, then groups that
    commit.
    """
    if name in emptying:
        return 2, 0, name
    return (0, -processes[name], name) if processes[name] else (1, 0, "")


@pytest.fixture(autouse=True, scope="session")
def _contexts_of_pages() -> Iterator[None]:
    """Let Django's test client see the context of Jinja2 templates, as it does with its own."""
    render = jinja2.Template.render

    def shown(template: jinja2.Template, context: Any = None, request: Any = None) -> str:
        template_rendered.send(sender=template, template=template, context=context or {})
        page: str = render(template, context, request)
        return page

    jinja2.Template.render = shown  # type: ignore[assignment,method-assign]
    yield
    jinja2.Template.render = render  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _offer_of_the_test(request: pytest.FixtureRequest) -> None:
    """Forget the request types and reasons of the test before, whose tables were emptied.

    A test without a database gets the words of the first type on the pages before the sign-in.
    """
    from tickets import offer  # noqa: PLC0415  Django is set up after this module is read
    from tickets.words import Words  # noqa: PLC0415

    offer.forget()
    uses_database = {"db", "transactional_db"} & set(request.fixturenames)
    if not uses_database and request.node.get_closest_marker("django_db") is None:
        words = Words(import_module("tickets.migrations.0001_initial").WORDS)
        offer._entry_cache._cached = offer.BeforeSignIn(words), math.inf


@pytest.fixture(autouse=True)
def _attachments_folder(settings: Settings, _folder_of_the_run: Path) -> None:
    """Give each test another folder, which the storage makes with the first document: most tests
    store none, and `tmp_path` would make a folder for each of 5,000 and list all those before it.
    """
    settings.MEDIA_ROOT = _folder_of_the_run / str(next(NUMBERS))


@pytest.fixture(scope="session")
def _folder_of_the_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("attachments")
