"""One product with fault points in it, for all tests that ask."""

from collections.abc import Iterator

import pytest

from tests.far_twilio import FarSide, listening
from tests.faults.stack import Faulty
from tests.stack import Stack, database, engine_under_test


@pytest.fixture(scope="session")
def faulty(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faulty]:
    """Each test leaves it running and unarmed, with nothing owed."""
    far_side, folder = FarSide(), tmp_path_factory.mktemp("faulty")
    # Static files are made once a session, and take longest
    static = stack.environment["STATIC_ROOT"]
    with (
        listening(far_side) as address,
        database(engine_under_test()) as url,
        Faulty(folder, url, far_side, address, static) as started,
    ):
        started.start_broker()
        started.start_mail_server()
        started.prepare()
        started.start_product()
        yield started
