"""A parallel run without xdist's groups is refused with a sentence, because it would start servers
in every worker.
"""

from types import SimpleNamespace

import pytest

from tests.conftest import pytest_xdist_node_collection_finished as collected


def node(dist: str) -> SimpleNamespace:
    return SimpleNamespace(config=SimpleNamespace(getoption={"dist": dist}.__getitem__))


@pytest.mark.parametrize("test", ["tests/a.py::test_a", "tests/a.py::test_a[ana@acme.example]"])
def test_a_test_in_no_group_ends_the_run_with_its_name(test: str) -> None:
    with pytest.raises(pytest.exit.Exception) as end:
        collected(node("loadgroup"), ["tests/a.py::test_b@a", test])
    assert (end.value.msg, end.value.returncode) == (f"xdist has put {test} in no group", 4)


def test_with_groups_or_another_distribution_it_runs() -> None:
    collected(node("loadgroup"), ["tests/a.py::test_a[x]@a/test_a", "tests/a.py::test_b@a/test_a"])
    collected(node("load"), ["tests/a.py::test_a"])
