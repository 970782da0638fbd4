"""*Inicio* at the desk: the tickets' part, and the changes of administrators that this user may
confirm (S11).
"""

from typing import Any

from django.http import HttpRequest

from desk.tickets import home as admin_home
from staff.models import ContactChange


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The theme's hook (UNFOLD, DASHBOARD_CALLBACK)."""
    context = admin_home.dashboard(request, context)
    if "home" in context and request.user.has_perm("staff.confirm_contactchange"):
        pending = ContactChange.objects.filter(state=ContactChange.State.PENDING)
        context["home"]["to_confirm_count"] = pending.exclude(requested_by=request.user.pk).count()
    return context
