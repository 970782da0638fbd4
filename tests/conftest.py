"""What every test finds set up: files in a folder of its own, no broker, loopback sockets only
where it asks.
"""

from pathlib import Path

import pytest
from pytest_django import Settings

pytest_plugins = ["tests.record", "tests.stack"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`loopback` opens sockets to this machine, every other address stays blocked; `processes`
    share one worker.
    """
    for item in items:
        if item.get_closest_marker("loopback"):
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1", "::1"]))
        if item.get_closest_marker("processes"):
            item.add_marker(pytest.mark.xdist_group("processes"))


@pytest.fixture(autouse=True)
def _attachments_folder(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "attachments"
