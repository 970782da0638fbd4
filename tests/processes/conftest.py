"""One product for all tests of this folder that ask."""

from collections.abc import Iterator

import pytest

from tests.stack import Stack, running


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Each test leaves it as it found it."""
    with running(tmp_path_factory.mktemp("stack")) as started:
        yield started
