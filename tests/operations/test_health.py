"""The liveness and readiness addresses."""

import pytest
from django.test import Client
from pytest_django import Settings


def test_a_live_process_says_so_without_touching_the_database(client: Client) -> None:
    assert client.get("/health/live").status_code == 200


def test_a_liveness_check_with_a_session_cookie_reads_no_session(client: Client, settings: Settings) -> None:
    """Reading a session would query the database, which may hang."""
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    response = client.get("/health/live")
    assert response.status_code == 200
    assert not response.cookies


@pytest.mark.django_db
def test_a_process_with_its_database_is_ready(client: Client) -> None:
    assert client.get("/health/ready").status_code == 200
