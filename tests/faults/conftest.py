"""One product with fault points in it, for all tests that ask;
nothing here stands in for a broker.
"""

import sys
from collections.abc import Iterator

import pytest
from celery import Celery

from fidelizacion.celery import app
from tests.fake_twilio import FakeTwilio, listening
from tests.faults.stack import Faulty
from tests.stack import database, engine_under_test


@pytest.fixture(scope="session", autouse=True)
def _real_broker() -> None:
    refuse_stand_ins(app)


def refuse_stand_ins(product: Celery) -> None:
    """R7.03: a task that runs at once in the caller, or a broker in memory, fails in no way that a
    real one does.
    """
    assert not product.conf.task_always_eager, (
        "task_always_eager: no task of this suite would pass by a broker"
    )
    assert product.connection_for_write().transport.driver_type == "redis", (
        "the broker is not Redis or Valkey"
    )
    assert "fakeredis" not in sys.modules, "fakeredis stands in for the broker"


@pytest.fixture(scope="package")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faulty]:
    """Each test leaves it running and unarmed, with nothing owed."""
    twilio_api, folder = FakeTwilio(), tmp_path_factory.mktemp("faulty")
    with (
        listening(twilio_api) as address,
        database(engine_under_test()) as url,
        Faulty(folder, url, twilio_api, address) as started,
    ):
        started.start_broker()
        started.start_mail_server()
        started.prepare()
        started.start_product()
        yield started
