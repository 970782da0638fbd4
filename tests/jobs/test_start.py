"""Redis' client takes 0.2 s to import, so only processes that use it do so, before they serve."""

import subprocess
import sys

import pytest

from tests.stack import BASE

pytestmark = pytest.mark.thorough

IMPORTED = {
    "import django; django.setup()": False,  # each command
    "import fidelizacion.wsgi": True,  # not at the first message, while a customer waits
}
REPORT = "; import sys; print('jobs.redis_transport' in sys.modules, 'redis' in sys.modules)"


@pytest.mark.parametrize("start", IMPORTED)
def test_the_client_of_the_broker_is_imported(start: str) -> None:
    # The web process without its system checks, which need a migrated database
    stub = "import fidelizacion.startup_checks as s; s.exit_on_errors = lambda: None; "
    code = (stub if "wsgi" in start else "") + start + REPORT
    done = subprocess.run([sys.executable, "-c", code], cwd=BASE, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(IMPORTED[start])] * 2
