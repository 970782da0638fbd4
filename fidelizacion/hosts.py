"""Refuses host names outside `ALLOWED_HOSTS`, except for `/health/` and `/metrics`."""

import re
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware
from django.utils.log import log_response

from fidelizacion.errors import error_page
from otp.addresses import client_address, within

GetResponse = Callable[[HttpRequest], HttpResponse]

HEALTH, METRICS = "/health/", "/metrics"
UNPRINTABLE = re.compile(r"[^ -~]")
MAX_LOGGED = 100  # characters of a refused host name


class HostMiddleware:
    """Answers 400 with a page to a host name that is not the portal's.

    It logs one line where Django would log a traceback. Balancers, orchestrators and Prometheus
    call processes by IP address, so `/health/` answers under any host name. `/metrics` does so too,
    but only for METRICS_NETWORKS.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.security = SecurityMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if any_host_allowed(request):
            request.get_host = lambda: settings.PORTAL_HOST  # type: ignore[method-assign]
            return self.get_response(request)
        try:
            request.get_host()
        except DisallowedHost:
            response = self.security.process_response(request, error_page(request, 400))
            name = UNPRINTABLE.sub("?", request.META.get("HTTP_HOST", ""))[:MAX_LOGGED]
            log_response("Host no admitido (ALLOWED_HOSTS): %s", name, response=response, request=request)
            return response
        return self.get_response(request)


def any_host_allowed(request: HttpRequest) -> bool:
    """Return whether this request is answered under any host name."""
    if request.path_info == METRICS:
        address = client_address(request)
        return address is not None and within(address, settings.METRICS_NETWORKS)
    return request.path_info.startswith(HEALTH)
