"""Limits on the length of files and functions."""

import ast

import pytest

from tests.conformance.project import BASE, PRODUCT, sources, tree

pytestmark = pytest.mark.thorough

EVERYTHING = sources(*PRODUCT, "tests", "bench")


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {
        str(path.relative_to(BASE)): len(path.read_text(encoding="utf-8").splitlines()) for path in EVERYTHING
    }
    assert len(lengths) > 100
    assert {path: length for path, length in lengths.items() if length > 400} == {}


def test_no_function_is_longer_than_60_lines() -> None:
    long = [
        f"{path.relative_to(BASE)}:{node.lineno} {node.name}"
        for path in EVERYTHING
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > 60
    ]
    assert long == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(BASE))
        for path in EVERYTHING
        if tree(path).body and not ast.get_docstring(tree(path))
    ]
    assert silent == []
