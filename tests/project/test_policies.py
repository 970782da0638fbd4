"""R6.03: the whole Content-Security-Policy of portal and desk: no source is added unseen."""

import pytest
from django.test import Client

from tests.cast import carla

Policy = dict[str, set[str]]
PORTAL: Policy = {
    "default-src": {"'none'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
    "img-src": {"'self'", "data:"},
    "font-src": {"'self'"},
    "connect-src": {"'self'"},
    "form-action": {"'self'"},
    "base-uri": {"'none'"},
    "object-src": {"'none'"},
    "frame-ancestors": {"'none'"},
}
# The theme needs 'unsafe-eval' and 'unsafe-inline' for styles (R6.03); inline scripts stay refused
DESK: Policy = {
    **PORTAL,
    "script-src": {"'self'", "'unsafe-eval'"},
    "style-src": {"'self'", "'unsafe-inline'"},
}


def policy(header: str) -> Policy:
    directives = [directive.split() for directive in header.split(";") if directive.strip()]
    return {name: set(sources) for name, *sources in directives}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/fidelizacion/", "/fidelizacion/ayuda/", "/nothing-here/", "/health/live", "/"]
)
def test_r6_03_the_portals_policy_is_exactly_this(client: Client, path: str) -> None:
    answer = client.get(path)
    assert policy(answer["Content-Security-Policy"]) == PORTAL
    assert "Content-Security-Policy-Report-Only" not in answer


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/admin/", "/admin/login/", "/admin/tickets/ticket/", "/admin/nothing-here/"]
)
def test_r6_03_the_desks_policy_is_exactly_this(client: Client, path: str) -> None:
    client.force_login(carla())
    answer = client.get(path, follow=False)
    assert policy(answer["Content-Security-Policy"]) == DESK
