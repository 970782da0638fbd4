"""Which names the product answers to (`ALLOWED_HOSTS`), and the
two addresses that are asked by IP.
"""

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
PRINTABLE = re.compile(r"[^ -~]")
SHOWN = 100  # characters of a name that is refused


class HostMiddleware:
    """Refuses a name that is not the portal's with a page and one line in the log, where Django
    writes a traceback.

    Balancers, orchestrators and Prometheus know processes by address: health answers under any
    name, and metrics do for the networks that may read them. Anybody else gets the same 400 there
    as at every other address.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.security = SecurityMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if asked_by_address(request):
            request.get_host = lambda: settings.PORTAL_HOST  # type: ignore[method-assign]
            return self.get_response(request)
        try:
            request.get_host()
        except DisallowedHost:
            response = self.security.process_response(request, error_page(request, 400))
            name = PRINTABLE.sub("?", request.META.get("HTTP_HOST", ""))[:SHOWN]
            log_response("Host no admitido (ALLOWED_HOSTS): %s", name, response=response, request=request)
            return response
        return self.get_response(request)


def asked_by_address(request: HttpRequest) -> bool:
    """Whether the name of the host does not matter to this request."""
    if request.path_info == METRICS:
        address = client_address(request)
        return address is not None and within(address, settings.METRICS_NETWORKS)
    return request.path_info.startswith(HEALTH)
