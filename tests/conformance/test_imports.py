"""Imports go one way (design.md, Shape)."""

import pytest

from tests.conformance.project import APPS, imports, sources

MAY_IMPORT: dict[str, set[str]] = {
    "companies": set(),
    "notifications": set(),
    "otp": {"companies", "notifications"},
    "tickets": {"companies", "otp", "notifications"},
    "staff": {"companies", "otp", "notifications"},
}


@pytest.mark.parametrize("app", APPS)
def test_an_app_imports_only_what_stands_below_it(app: str) -> None:
    forbidden = {"fidelizacion", *APPS} - {app} - MAY_IMPORT[app]
    offences = {str(path): found for path in sources(app) if (found := imports(path) & forbidden)}
    assert offences == {}


@pytest.mark.parametrize("app", ["fidelizacion", *APPS])
def test_nothing_of_the_product_imports_its_tests(app: str) -> None:
    assert [str(path) for path in sources(app) if "tests" in imports(path)] == []
