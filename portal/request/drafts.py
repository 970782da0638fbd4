"""Drafts: the form's input, saved when the verification expires or the visitor leaves the form.

A draft is restored only for the same phone in the same browser. Its files are staged like any
others: inspected and counted in the quota.
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
from companies.caller_query import CompanyFacts
from companies.directory import LINES_OFFERED, caller_facts, directory
from otp import session
from portal import current_company
from portal.access import Caller
from portal.request import line_step
from portal.request.forms import initial_of, typed_in
from tickets.submission_key import SubmissionKey, UnknownKey

MAX_NAME = 200  # characters kept of a file name


@dataclass(frozen=True)
class Draft:
    """Typed text and files, with the key and company of the form they were sent with."""

    of_company: CompanyFacts
    key: SubmissionKey
    request_type: str  # its code
    typed: dict[str, str]
    staged: tuple[StagedFile, ...]
    problems: tuple[str, ...]  # of files that could not be staged
    cancelled: bool  # saved because the visitor left the form; False: the verification expired
    is_announced: bool = True  # the page says that the input is back


def keep(request: HttpRequest, phone: str, *, cancelled: bool = False, is_announced: bool = True) -> None:
    """Save the posted form as a draft: its verification expired, or the visitor leaves the form.

    `administrator_required` calls it for an expired verification.
    """
    if request.method != "POST":
        return
    staged, problems = _keep_parts(request, phone)
    names = [
        *_files_not_sent(request),
        *(name[:MAX_NAME] for name in request.POST.getlist("lines_file") if name),
        *(str(file.name)[:MAX_NAME] for file in request.FILES.getlist("lines_file")),
    ]
    again = [_("«%(name)s»: elíjalo otra vez.") % {"name": name} for name in names]
    data = {
        "key": request.POST.get("submission_key", ""),
        "typed": typed_in(request.POST.dict()),
        "request_type": request.POST.get("request_type", ""),
        "staged": staged,
        "problems": [*problems, *again],
        "cancelled": cancelled,
        "is_announced": is_announced or bool(problems or again),
        "picked": current_company.was_picked(request),
    }
    session.save_draft(request, phone, data)


def keep_chosen(request: HttpRequest, phone: str) -> None:
    """Save the choices of a page of lines when the verification expired, and extend the draft."""
    kept, administrator = session.draft_of(request, phone), directory().administrator(phone)
    if kept is None or administrator is None:
        return
    try:
        key = SubmissionKey.read(kept["key"], administrator)
    except UnknownKey:
        return
    if request.POST.get("form", key.uuid.hex) == key.uuid.hex:
        line_step.keep_choices(request.POST, key, phone)
    session.save_draft(request, phone, kept)


def renew(request: HttpRequest, caller: Caller) -> None:
    """Extend the caller's draft by its full lifetime, because the visitor still works on it."""
    kept = session.load_draft(request, caller.visitor)
    if kept is not None:
        session.save_draft(request, caller.visitor.phone, kept)


def restore(request: HttpRequest, caller: Caller) -> Draft | None:
    """Return the caller's draft and pick its company.

    Returns None without a draft, or if the caller has lost the right to its company. The draft
    stays saved until the next post, so that reloading the page loses nothing.
    """
    kept = session.load_draft(request, caller.visitor)
    if kept is None:
        return None
    try:
        key = SubmissionKey.read(kept["key"], caller.administrator)
    except UnknownKey:
        return None
    found = caller_facts(caller.visitor.phone, key.company_id, LINES_OFFERED)
    of_company = found.of_company if found else None
    if of_company is None or of_company.company.pk != key.company_id:
        return None
    if kept["picked"]:
        current_company.pick(request, of_company.company)
    owner = staging.Uploader(request, caller.administrator, caller.visitor.phone)
    staged = staging.find(owner, kept["staged"])
    return Draft(
        of_company,
        key,
        kept["request_type"],
        kept["typed"],
        staged.files,
        tuple(kept["problems"]),
        kept.get("cancelled", False),
        kept.get("is_announced", True),
    )


def change_type(request: HttpRequest, caller: Caller, code: str) -> None:
    """Set the request type of the caller's draft, if there is one."""
    kept = session.load_draft(request, caller.visitor)
    if kept is not None:
        session.save_draft(request, caller.visitor.phone, {**kept, "request_type": code})


def is_untouched(request: HttpRequest, caller: Caller) -> bool:
    """Whether the posted form has no input beyond what was shown, so that leaving loses nothing."""
    shown = {"reason": "", "details": "", **initial_of(caller.administrator)}
    lines = [name for name in ("lines", "lines_shown", "lines_file") if request.POST.get(name)]
    typed = any(
        text.strip() not in {"", shown.get(name, "")} for name, text in typed_in(request.POST.dict()).items()
    )
    return not (typed or lines or request.POST.getlist("staged") or _files_not_sent(request))


def _files_not_sent(request: HttpRequest) -> list[str]:
    """Return the names of files that were chosen but not uploaded.

    When the visitor leaves the form, the browser sends names instead of files, because an upload
    can take minutes.
    """
    names = [name[:MAX_NAME] for name in request.POST.getlist("attachments") if name]
    return names[:MAX_FILES]


def _keep_parts(request: HttpRequest, phone: str) -> tuple[list[str], list[str]]:
    """Stage the posted files and save the chosen lines, if the form's key belongs to this phone.

    Returns the ids of the staged files, and the reasons why others were not staged.
    """
    administrator = directory().administrator(phone)
    if administrator is None:
        return [], []
    try:
        key = SubmissionKey.read(request.POST.get("submission_key", ""), administrator)
    except UnknownKey:
        return [], []
    line_step.keep_choices(request.POST, key, phone)
    owner = staging.Uploader(request, administrator, phone)
    staged = staging.posted_files(owner, request.POST)
    new: tuple[StagedFile, ...] = ()
    problems: list[str] = []
    try:
        received = receive(uploaded_files(request), len(staged.files), phone)
        problems += received.problems
        new = staging.stage(owner, received.accepted)
    except (StorageFailed, QuotaReached) as problem:
        problems.append(staging.error_text(problem))
    return [str(file.pk) for file in (*staged.files, *new)], problems
