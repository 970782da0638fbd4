"""No code sets another object's cached property: a reader could not find where its value is set."""

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


def fields() -> set[str]:
    """The names that a class body of the product assigns, such as model fields."""
    return {
        ast.unparse(target)
        for path in sources(*PRODUCT)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
        for line in node.body
        if isinstance(line, ast.Assign)
        for target in line.targets
    }


@pytest.mark.parametrize("package", PRODUCT)
def test_a_cached_property_is_written_by_its_own_class_only(package: str) -> None:
    """It compares names. A property of another package is skipped if a field has the same name."""
    others = {name for other in PRODUCT for name in cached_properties(other)}
    names = cached_properties(package) | (others - fields())
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
