"""Mixins for the pages of companies and administrators (S11).

A new phone, or a new company of an administrator, waits until a second person confirms it.
"""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext

from companies import phones
from companies.models import Administration, Administrator
from desk.keys import may_be_key
from staff import contact_changes
from staff.models import ContactChange

if TYPE_CHECKING:
    from desk.lists import ModelAdmin

    Base = ModelAdmin
else:
    Base = object  # a mixin at run time


class ConfirmedRights(Base):
    """Mixin for a page with `Administration` rows, which say who acts for which company."""

    subject = ""  # the field of ContactChange that refers to the object of this page

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is not Administration:
            super().save_formset(request, form, formset, change)
            return
        user = _user(request)
        formset.save(commit=False)
        for administration in formset.deleted_objects:
            contact_changes.revoke(administration, user)
        # Django adds the rows in this list to the history of the object
        added, formset.new_objects = formset.new_objects, []
        for administration in added:
            try:
                contact_change = contact_changes.grant(administration, user)
            except contact_changes.ChangeError as error:
                messages.error(request, str(error))
                continue
            if contact_change.state == ContactChange.State.PENDING:
                messages.warning(request, _pending_notice(contact_change))
            else:
                formset.new_objects.append(administration)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a notice with a link for each change that waits for confirmation."""
        may_view = request.user.has_perm("staff.view_contactchange")
        if request.method == "GET" and may_view and may_be_key(object_id):
            pending = ContactChange.objects.filter(
                state=ContactChange.State.PENDING, **{self.subject: int(object_id)}
            )
            for each in pending.select_related("administrator", "company"):
                messages.warning(request, _pending_notice(each))
        return super().change_view(request, object_id, form_url, extra_context)


class ConfirmedContact(ConfirmedRights):
    """Mixin for administrators: a new phone waits for confirmation.

    A new e-mail, an activation or a deactivation takes effect at once, with notices.
    """

    subject = "administrator"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: deleting and adding a person would change the phone without confirmation."""
        return False

    def save_model(self, request: HttpRequest, obj: Administrator, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        before, user = Administrator.objects.select_for_update().get(pk=obj.pk), _user(request)
        contact_changed = (before.phone, before.email) != (obj.phone, obj.email)
        if contact_changed and contact_changes.needs_second_person(before, obj):
            self._request_confirmation(request, before, obj, form)
            contact_changed = False
        super().save_model(request, obj, form, change)
        if contact_changed:
            contact_changes.record_applied(before, obj, user)
        if before.is_active != obj.is_active:
            contact_changes.record_activity(obj, user)

    def _request_confirmation(
        self, request: HttpRequest, before: Administrator, obj: Administrator, form: Any
    ) -> None:
        """Record the change as pending, and put the old phone and e-mail back into `obj`, which
        Django saves next.
        """
        try:
            messages.warning(request, _pending_notice(contact_changes.propose(before, obj, _user(request))))
        except contact_changes.ChangeError as error:
            messages.error(request, str(error))
        obj.phone, obj.email = before.phone, before.email
        # Django lists these fields in the row's history, but they have not changed yet
        form.changed_data = [name for name in form.changed_data if name not in {"phone", "email"}]


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _pending_notice(change: ContactChange) -> str:
    if change.company:
        sentence = gettext(
            "{names} no administra todavía {company}: otra persona con permiso debe confirmarlo."
        )
        text = sentence.format(names=change.administrator.names, company=change.company.legal_name)
    else:
        sentence = gettext(
            "El número {phone} no rige todavía: otra persona con permiso debe confirmar el cambio."
        )
        text = sentence.format(phone=phones.display(change.new_phone))
    address = reverse("admin:staff_contactchange_change", args=[change.pk])
    return format_html('{} <a href="{}" class="desk-link">{}</a>', text, address, gettext("Ver el cambio"))
