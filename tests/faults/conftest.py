"""Run one product with fault points for the tests that use it; check that the broker is a real
one.
"""

import sys
from collections.abc import Iterator

import pytest
from celery import Celery

from fidelizacion.celery import app
from tests.fake_twilio import FakeTwilio, listening
from tests.faults.stack import FaultyStack
from tests.stack import database, engine_under_test


@pytest.fixture(scope="session", autouse=True)
def _real_broker() -> None:
    refuse_stand_ins(app)


def refuse_stand_ins(product: Celery) -> None:
    """Fail without a real broker (R7.03): a task that runs in its caller, or a broker in memory,
    never fails in the ways that these tests check.
    """
    assert not product.conf.task_always_eager, (
        "task_always_eager: no task of this suite would go through a broker"
    )
    assert product.connection_for_write().transport.driver_type == "redis", (
        "the broker is not Redis or Valkey"
    )
    assert "fakeredis" not in sys.modules, "fakeredis is in place of the broker"


@pytest.fixture(scope="package")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyStack]:
    """Run one product; each test leaves it running, with no point armed and no message pending."""
    twilio_api, folder = FakeTwilio(), tmp_path_factory.mktemp("faulty")
    with (
        listening(twilio_api) as address,
        database(engine_under_test()) as url,
        FaultyStack(folder, url, twilio_api, address) as started,
    ):
        started.start_broker()
        started.start_mail_server()
        started.prepare()
        started.start_product()
        yield started
