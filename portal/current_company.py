"""The company that the visitor's request is for: the only one, or the one picked (A6).

The session holds the picked one; it is checked against the directory at each use.
"""

from django.http import HttpRequest

from companies.caller_query import CompanyFacts
from companies.directory import caller_facts
from companies.models import Company

PICKED = "portal.company"  # session key; `otp.session` removes it at sign-out


def pick(request: HttpRequest, company: Company) -> None:
    request.session[PICKED] = company.pk


def was_picked(request: HttpRequest) -> bool:
    """Whether the visitor had several companies to pick from."""
    return PICKED in request.session


def picked_id(request: HttpRequest) -> int | None:
    """Return the id of the picked company, for which the administrator may no longer act."""
    picked: int | None = request.session.get(PICKED)
    return picked


def current_company(request: HttpRequest, phone: str) -> CompanyFacts | None:
    """Return the picked company, or the only one; None while the visitor must pick."""
    found = caller_facts(phone, picked_id(request))
    return checked(request, found.of_company if found else None)


def checked(request: HttpRequest, found: CompanyFacts | None) -> CompanyFacts | None:
    """Return the company found, and forget a picked one that is another: its administrator no
    longer acts for it.
    """
    if was_picked(request) and (found is None or found.company.pk != picked_id(request)):
        del request.session[PICKED]
    return found
