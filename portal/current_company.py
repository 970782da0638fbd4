"""Which company the visitor is asking for: the only one, or the one picked (A6). Never taken from a
request's word.
"""

from django.http import HttpRequest

from companies.directory import directory
from companies.models import Administrator, Company

PICKED = "portal.company"  # in the session; the gate removes it on leaving


def pick(request: HttpRequest, company: Company) -> None:
    request.session[PICKED] = company.pk


def was_picked(request: HttpRequest) -> bool:
    """Whether there were several to pick from."""
    return PICKED in request.session


def current_company(request: HttpRequest, administrator: Administrator) -> Company | None:
    """The company picked, or the only one there is; none while one has to be picked."""
    if was_picked(request):
        picked = directory().company(administrator, request.session[PICKED])
        if picked is not None:
            return picked
        del request.session[PICKED]  # no longer this administrator's
    return directory().only_company(administrator)
