"""Changing the contact data of an administrator at the desk, and confirming what somebody else changed (S11).

The list of administrators is `companies`', which knows nothing of this: it is registered here again.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from companies import phones
from companies.models import Administrator
from notifications import naming
from otp.admin import ReadOnlyAdmin
from otp.invitation_admin import InvitingAdministratorAdmin
from staff import contact_changes
from staff.models import ContactChange

State = ContactChange.State
COLOURS = {State.PENDING: "warning", State.APPLIED: "success", State.REJECTED: "danger"}


class ConfirmedAdministratorAdmin(InvitingAdministratorAdmin):
    """A changed phone or e-mail is held until confirmed, or made and told."""

    def save_model(self, request: HttpRequest, obj: Administrator, form: Any, change: bool) -> None:
        before = Administrator.objects.select_for_update().get(pk=obj.pk) if change else obj
        if before.phone == obj.phone and before.email == obj.email:
            super().save_model(request, obj, form, change)
            return
        user = request.user
        if not isinstance(user, User):
            raise PermissionDenied
        if not contact_changes.needs_second_person(before, obj):
            super().save_model(request, obj, form, change)
            contact_changes.record_applied(before, obj, user)
            return
        try:
            held = contact_changes.propose(before, obj, user)
        except contact_changes.ChangeError as error:
            messages.error(request, str(error))
        else:
            messages.warning(request, _held(held))
        obj.phone, obj.email = before.phone, before.email
        super().save_model(request, obj, form, change)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With a link to the change of this person that waits, if there is one."""
        if request.method == "GET" and object_id.isascii() and object_id.isdigit() and len(object_id) <= 18:
            waiting = ContactChange.objects.filter(administrator=int(object_id), state=State.PENDING).first()
            if waiting is not None and request.user.has_perm("staff.view_contactchange"):
                messages.warning(request, _held(waiting))
        return super().change_view(request, object_id, form_url, extra_context)


class DecisionForm(forms.Form):
    """Why; a rejection needs it."""

    reason = forms.CharField(
        label=_("Motivo"),
        max_length=300,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "aria-describedby": "reason-hint"}),
    )


@admin.register(ContactChange)
class ContactChangeAdmin(ReadOnlyAdmin):
    list_display = ["moment", "administrator", "new_number", "new_email", "state_label", "requested_by", "decided_by"]
    list_filter = ["state", "requested_at"]
    list_select_related = ["administrator", "requested_by", "decided_by"]
    actions = None

    @display(description=_("pedido"), ordering="requested_at")
    def moment(self, change: ContactChange) -> str:
        return naming.moment(change.requested_at)

    @display(description=_("número nuevo"))
    def new_number(self, change: ContactChange) -> str:
        return phones.display(change.new_phone)

    @display(description=_("estado"), ordering="state", label=COLOURS)
    def state_label(self, change: ContactChange) -> tuple[str, str]:
        return change.state, change.get_state_display()

    def get_urls(self) -> list[URLPattern]:
        decide = self.admin_site.admin_view(self.decide_view)
        return [path("<int:pk>/decidir/", decide, name="staff_contactchange_decide"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What changes, and the two buttons for somebody who may press them."""
        if request.method not in {"GET", "HEAD"} or not self.has_view_permission(request):
            raise PermissionDenied
        change = self.get_object(request, object_id)
        if change is None:
            raise Http404
        return self._page(request, change, DecisionForm())

    def decide_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = request.user
        if request.method != "POST" or not isinstance(user, User) or not user.has_perm("staff.confirm_contactchange"):
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
            messages.success(request, gettext("El cambio quedó hecho.") if confirms else gettext("No se cambió nada."))
        return redirect("admin:staff_contactchange_change", pk)

    def _page(
        self, request: HttpRequest, change: ContactChange, form: DecisionForm, status: int = 200
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Cambio de contacto de %s") % change.administrator.names,
            "original": change,
            "change": change,
            "colour": COLOURS[State(change.state)],
            "old_phone": phones.display(change.old_phone),
            "new_phone": phones.display(change.new_phone),
            "form": form,
            "may_decide": change.state == State.PENDING and request.user.has_perm("staff.confirm_contactchange"),
            "is_own": change.requested_by_id == request.user.pk,
        }
        return TemplateResponse(request, "desk/contact_change.html", context, status=status)


admin.site.unregister(Administrator)
admin.site.register(Administrator, ConfirmedAdministratorAdmin)


def _held(change: ContactChange) -> str:
    words = gettext("El número {phone} no rige todavía: otra persona con permiso debe confirmar el cambio.")
    address = reverse("admin:staff_contactchange_change", args=[change.pk])
    told = words.format(phone=phones.display(change.new_phone))
    return format_html('{} <a href="{}" class="desk-link">{}</a>', told, address, gettext("Ver el cambio"))
