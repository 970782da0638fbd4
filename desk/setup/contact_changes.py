"""The list of changes of administrators, and the page where a second person confirms one (S11)."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from companies import phones
from desk.read_only import ReadOnlyAdmin
from notifications import local_time
from staff import contact_changes
from staff.models import ContactChange

Kind, State = ContactChange.Kind, ContactChange.State
COLOURS = {State.PENDING: "warning", State.APPLIED: "success", State.REJECTED: "danger"}


class DecisionForm(forms.Form):
    """The reason, which is required for a rejection only."""

    reason = forms.CharField(
        label=_("Motivo"),
        max_length=300,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "aria-describedby": "reason-hint"}),
    )


@admin.register(ContactChange)
class ContactChangeAdmin(ReadOnlyAdmin):
    list_display = [
        "moment",
        "kind",
        "administrator",
        "new_number",
        "company",
        "state_label",
        "requested_by",
        "decided_by",
    ]
    list_filter = ["state", "kind", "requested_at"]
    list_select_related = ["administrator", "company", "requested_by", "decided_by"]

    @display(description=_("pedido"), ordering="requested_at")
    def moment(self, change: ContactChange) -> str:
        return local_time.short(change.requested_at)

    @display(description=_("número"))
    def new_number(self, change: ContactChange) -> str:
        return phones.display(change.new_phone)

    @display(description=_("estado"), ordering="state", label=COLOURS)
    def state_label(self, change: ContactChange) -> tuple[str, str]:
        return change.state, change.get_state_display()

    def get_urls(self) -> list[URLPattern]:
        decide = self.admin_site.admin_view(self.decide_view)
        return [path("<int:pk>/decidir/", decide, name="staff_contactchange_decide"), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show what changes; a user who may decide also gets the buttons to confirm and reject."""
        if request.method not in {"GET", "HEAD"} or not self.has_view_permission(request):
            raise PermissionDenied
        change = self.get_object(request, object_id)
        if change is None:
            raise Http404
        return self._page(request, change, DecisionForm())

    def decide_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = request.user
        if (
            request.method != "POST"
            or not isinstance(user, User)
            or not user.has_perm("staff.confirm_contactchange")
        ):
            raise PermissionDenied
        change = get_object_or_404(ContactChange.objects.select_related("administrator"), pk=pk)
        form = DecisionForm(request.POST)
        confirms = "confirm" in request.POST
        form.fields["reason"].required = not confirms
        if not form.is_valid():
            return self._page(request, change, form, status=422)
        act = contact_changes.confirm if confirms else contact_changes.reject
        try:
            with transaction.atomic():
                act(change, user, form.cleaned_data["reason"])
        except contact_changes.ChangeError as error:
            messages.error(request, str(error))
        else:
            messages.success(
                request, gettext("El cambio quedó hecho.") if confirms else gettext("No se cambió nada.")
            )
        return redirect("admin:staff_contactchange_change", pk)

    def _page(
        self, request: HttpRequest, change: ContactChange, form: DecisionForm, status: int = 200
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{change.get_kind_display()}: {change.administrator.names}",
            "original": change,
            "change": change,
            "colour": COLOURS[State(change.state)],
            "rows": list(_rows(change)),
            "is_grant": change.kind == Kind.GRANTED,
            "form": form,
            "may_decide": change.state == State.PENDING
            and request.user.has_perm("staff.confirm_contactchange"),
            "is_own": change.requested_by_id == request.user.pk,
        }
        return TemplateResponse(request, "desk/contact_change.html", context, status=status)


def _rows(change: ContactChange) -> Iterator[tuple[str, str, str]]:
    """Yield each value that changes: its label, the old value and the new one."""
    old, new = phones.display(change.old_phone), phones.display(change.new_phone)
    match change.kind:
        case Kind.GRANTED:
            yield gettext("Empresa"), "", str(change.company)
        case Kind.REVOKED:
            yield gettext("Empresa"), str(change.company), ""
        case Kind.ACTIVATED:
            yield gettext("Activo"), gettext("No"), gettext("Sí")
        case Kind.DEACTIVATED:
            yield gettext("Activo"), gettext("Sí"), gettext("No")
    if change.moves_phone or change.kind != Kind.CONTACT:
        yield gettext("Número móvil"), old, new
    if change.moves_email:
        yield gettext("Correo electrónico"), change.old_email, change.new_email
