"""The lock files: hashes for all packages, no registry address, no known unsafe version."""

import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import django
import pytest

from tests.conformance.project import BASE, PRODUCT, imports, sources

LOCKS = sorted((BASE / "requirements").glob("*.txt"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_a_lock_holds_hashes_and_no_address(lock: Path) -> None:
    """R6.19."""
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    pinned = re.findall(
        r"^[a-z0-9][\w.\[\]-]*==[^\s\\]+(.*(?:\n[ ]+.*)*)", text, re.MULTILINE | re.IGNORECASE
    )
    assert len(pinned) > 20
    assert all("--hash=sha256:" in rest for rest in pinned)


def test_django_is_not_below_the_floor() -> None:
    """R3.03: a security release of Django 5.2 that is recent enough."""
    assert (5, 2, 19) <= django.VERSION[:3] < (5, 3)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_a_lock_names_every_dependency_that_is_declared_for_it(lock: Path) -> None:
    project = tomllib.loads((BASE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    declared = [*project["dependencies"], *extras.get(lock.stem, [])]
    names = {re.split(r"[\[<>=]", line)[0].lower() for line in declared} - {project["name"]}
    assert names <= locked(lock)


def test_the_product_imports_nothing_that_only_its_developers_have() -> None:
    # Only production's lock has the remote store, only the demo's the broker
    installed = locked(BASE / "requirements" / "production.txt") | locked(BASE / "requirements" / "demo.txt")
    distributions = packages_distributions()
    imported = set[str]().union(*(imports(path) for path in sources(*PRODUCT)))
    providers = {
        name: {each.lower().replace("_", "-") for each in distributions.get(name, [])} for name in imported
    }
    assert {"django", "celery", "requests"} <= imported
    assert {name: found for name, found in providers.items() if found and not found & installed} == {}


def locked(lock: Path) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)==", lock.read_text(encoding="utf-8"), re.MULTILINE))
