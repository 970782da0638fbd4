"""The product that the tests of this folder share."""

from collections.abc import Iterator

import pytest

from tests.stack import Stack, running


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Run one product for all tests of this folder; each test leaves it unchanged."""
    with running(tmp_path_factory.mktemp("stack")) as started:
        yield started
