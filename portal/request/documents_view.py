"""Pre-upload of a form's documents, for the progress bar (P3).

It accepts and refuses the same files as the form itself, which browsers without scripts use.
"""

from django.http import HttpRequest, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from attachments import staging
from attachments.intake import receive, uploaded_files
from attachments.models import StagedFile
from attachments.quota import QuotaReached
from attachments.storage import StorageFailed
from portal.access import Caller, administrator_required


@require_POST
@administrator_required()
def upload(request: HttpRequest, caller: Caller) -> JsonResponse:
    """Stage the documents sent; answer in JSON.

    `staged` is the HTML of the accepted ones, `problems` the reasons for the others. `choose_again`
    is true if fewer files would still fit the daily quota.
    """
    owner = staging.Uploader(request, caller.administrator, caller.visitor.phone)
    staged: tuple[StagedFile, ...] = ()
    problems: list[str] = []
    choose_again = False
    try:
        received = receive(
            uploaded_files(request), len(staging.posted_files(owner, request.POST).files), owner.phone
        )
        problems += received.problems
        staged = staging.stage(owner, received.accepted)
    except (StorageFailed, QuotaReached) as problem:
        problems.append(staging.error_text(problem))
        choose_again = isinstance(problem, QuotaReached) and problem.left > 0
    entries = render_to_string("portal/request/staged.html", {"staged": staged})
    answer = {"staged": entries, "problems": problems, "choose_again": choose_again}
    return JsonResponse(answer, status=422 if problems else 200, headers={"Cache-Control": "no-store"})
