"""The company that the visitor's request is for: the only one, or the one picked (A6).

The session holds the picked one; it is checked against the directory at each use.
"""

from django.http import HttpRequest

from companies.directory import directory
from companies.models import Administrator, Company

PICKED = "portal.company"  # session key; `otp.session` removes it at sign-out


def pick(request: HttpRequest, company: Company) -> None:
    request.session[PICKED] = company.pk


def was_picked(request: HttpRequest) -> bool:
    """Whether the visitor had several companies to pick from."""
    return PICKED in request.session


def current_company(request: HttpRequest, administrator: Administrator) -> Company | None:
    """Return the picked company, or the only one; None while the visitor must pick."""
    if was_picked(request):
        picked = directory().company(administrator, request.session[PICKED])
        if picked is not None:
            return picked
        del request.session[PICKED]  # the administrator no longer acts for it
    return directory().only_company(administrator)
