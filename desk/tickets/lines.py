"""The lines of a ticket at the desk, and the sheet of them that staff download."""

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tickets.lines import workbook
from tickets.lines.workbook import SheetLine
from tickets.models import Ticket

PERSONAL = "tickets.view_personal_data"


def may_see_personal(user: User | AnonymousUser) -> bool:
    """Whether this person may see who takes a line, and answers marked personal (F4)."""
    return user.has_perm(PERSONAL)


@require_safe
def sheet(request: HttpRequest, number: int) -> HttpResponse:
    """Send the ticket's lines as a sheet, to staff who may see the ticket."""
    user = request.user
    if isinstance(user, AnonymousUser) or not user.has_perm("tickets.view_ticket"):
        raise PermissionDenied
    ticket = get_object_or_404(Ticket, pk=number)
    personal = may_see_personal(user)
    content = workbook.build(
        SheetLine(
            line.number,
            line.account_number,
            line.get_action_display() if line.action == line.Action.PREPAID else ticket.request_type_name,
            line.effective_date,
            line.holder_tax_id if personal else "",
            line.holder_name if personal else "",
        )
        for line in ticket.lines.all()
    )
    name = _("ticket-%(number)s-lineas.xlsx") % {"number": number}
    return HttpResponse(
        content,
        content_type=workbook.CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
