"""No code writes into another object's cached property: readers could not see where it is from."""

import ast

import pytest

from tests.conformance.project import PRODUCT, sources, tree


def cached_properties(package: str) -> set[str]:
    return {
        node.name
        for path in sources(package)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef)
        and "cached_property" in {ast.unparse(decorator) for decorator in node.decorator_list}
    }


@pytest.mark.parametrize("package", PRODUCT)
def test_a_cached_property_is_written_by_its_own_class_only(package: str) -> None:
    """Compares names, so within a package no plain attribute can share a cached property's name."""
    names = cached_properties(package)
    found = [
        f"{path.name}:{node.lineno} {ast.unparse(node)}"
        for path in sources(package)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and node.attr in names
        and ast.unparse(node.value) != "self"
    ]
    assert found == []


def test_the_documents_of_a_ticket_are_one_of_them() -> None:
    assert "documents" in cached_properties("tickets")
