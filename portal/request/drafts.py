"""What a visitor was typing when the verification ran out: kept, and given back once it is known to
be the same one.

The files of such a form are kept too, as any others are: judged, counted, and for the same phone in
the same browser.
"""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _

from attachments import staging
from attachments.inspection import MAX_FILES
from attachments.intake import receive, uploaded_files
from attachments.models import StagedFile
from attachments.quota import QuotaReached
from attachments.storage import StorageFailed
from companies.directory import directory
from companies.models import Company
from otp import session
from portal import current_company
from portal.access import Caller
from portal.request.forms import TYPED, initial_of
from tickets.submission_key import SubmissionKey, UnknownKey

MAX_NAME = 200  # characters kept of a file's name


@dataclass(frozen=True)
class Draft:
    """Typed text and files, with the key and company of the form that they were for."""

    company: Company
    key: SubmissionKey
    typed: dict[str, str]
    staged: tuple[StagedFile, ...]
    problems: tuple[str, ...]  # with the files that could not be kept
    cancelled: bool  # the visitor was asked whether to leave, and stayed


def keep(request: HttpRequest, phone: str, *, cancelled: bool = False) -> None:
    """Keep what was posted by a visitor whose verification had expired (called by the gate), or who
    may leave.
    """
    if request.method != "POST":
        return
    staged, problems = _keep_files(request, phone)
    data = {
        "key": request.POST.get("submission_key", ""),
        "typed": {name: request.POST.get(name, "") for name in TYPED},
        "staged": staged,
        "problems": [*problems, *(_choose_again(name) for name in _files_not_sent(request))],
        "cancelled": cancelled,
        "picked": current_company.was_picked(request),
    }
    session.save_draft(request, phone, data)


def restore(request: HttpRequest, caller: Caller) -> Draft | None:
    """What the caller was typing, if it is kept and the company is still theirs: it is the one
    picked, then.

    It stays kept until something is posted, so that loading the page again loses nothing.
    """
    kept = session.load_draft(request, caller.visitor)
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
        current_company.pick(request, company)
    owner = staging.Uploader(request, caller.administrator, caller.visitor.phone)
    held = staging.find(owner, kept["staged"])
    return Draft(
        company, key, kept["typed"], held.files, tuple(kept["problems"]), kept.get("cancelled", False)
    )


def is_untouched(request: HttpRequest, caller: Caller) -> bool:
    """Whether the form posted says no more than the form that was
    shown: leaving it loses nothing.
    """
    shown = {"reason": "", "details": "", **initial_of(caller.administrator)}
    typed = any(request.POST.get(name, "").strip() not in {"", value} for name, value in shown.items())
    return not (typed or request.POST.getlist("staged") or _files_not_sent(request))


def _files_not_sent(request: HttpRequest) -> list[str]:
    """The names of chosen files: a form that leaves sends them in place of the files, which would
    take long.
    """
    names = [name[:MAX_NAME] for name in request.POST.getlist("attachments") if name]
    return names[:MAX_FILES]


def _choose_again(name: str) -> str:
    return _("«%(name)s»: elíjalo otra vez.") % {"name": name}


def _keep_files(request: HttpRequest, phone: str) -> tuple[list[str], list[str]]:
    """The ids of the files kept, and what is wrong with the others. Only with a key that this phone
    was given.
    """
    administrator = directory().administrator(phone)
    if administrator is None:
        return [], []
    try:
        SubmissionKey.read(request.POST.get("submission_key", ""), administrator)
    except UnknownKey:
        return [], []
    owner = staging.Uploader(request, administrator, phone)
    held = staging.posted_files(owner, request.POST)
    new: tuple[StagedFile, ...] = ()
    problems: list[str] = []
    try:
        received = receive(uploaded_files(request), len(held.files), phone)
        problems += received.problems
        new = staging.stage(owner, received.accepted)
    except (StorageFailed, QuotaReached) as problem:
        problems.append(staging.error_text(problem))
    return [str(file.pk) for file in (*held.files, *new)], problems
