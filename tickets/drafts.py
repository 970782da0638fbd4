"""What a visitor was typing when the verification ran out: kept, and given back once it is known to be the same one."""

from dataclasses import dataclass

from django.http import HttpRequest

from companies.directory import directory
from companies.models import Company
from otp import gate
from tickets import choice
from tickets.access import Caller
from tickets.forms import TYPED
from tickets.submission_key import SubmissionKey, UnknownKey


@dataclass(frozen=True)
class Draft:
    """Typed text with the key and company of the form it was typed in. Of files, only that there were some."""

    company: Company
    key: SubmissionKey
    typed: dict[str, str]
    had_files: bool


def keep(request: HttpRequest, phone: str) -> None:
    """Keep what was posted by a visitor whose verification had expired (called by the gate)."""
    if request.method != "POST":
        return
    data = {
        "key": request.POST.get("submission_key", ""),
        "typed": {name: request.POST.get(name, "") for name in TYPED},
        "files": bool(request.FILES),
        "picked": choice.was_picked(request),
    }
    gate.keep_for(request, phone, data)


def restore(request: HttpRequest, caller: Caller) -> Draft | None:
    """What the caller was typing, if it is kept and the company is still theirs: it is the one picked, then.

    It stays kept until something is posted, so that loading the page again loses nothing.
    """
    kept = gate.kept_for(request, caller.visitor)
    if kept is None:
        return None
    try:
        key = SubmissionKey.read(kept["key"], caller.administrator)
    except UnknownKey:
        return None
    company = directory().company(caller.administrator, key.company_id)
    if company is None:
        return None
    if kept["picked"]:
        choice.pick(request, company)
    return Draft(company, key, kept["typed"], kept["files"])
