"""The two addresses that watchers ask."""

import pytest
from django.test import Client


def test_a_live_process_says_so_without_touching_the_database(client: Client) -> None:
    assert client.get("/health/live").status_code == 200


@pytest.mark.django_db
def test_a_process_with_its_database_is_ready(client: Client) -> None:
    assert client.get("/health/ready").status_code == 200
