"""Companies and administrators at the desk, where a change that hands a company over waits to be
confirmed (S11).

Their pages are in `companies` and `otp`, which may not import this app: they are registered here
again.
"""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext

from companies import phones
from companies.models import Administration, Administrator, Company
from desk.directory.companies import CompanyAdmin
from desk.directory.invitations import InvitingAdministratorAdmin
from staff import contact_changes
from staff.models import ContactChange

if TYPE_CHECKING:
    from desk.lists import ModelAdmin

    Base = ModelAdmin
else:
    Base = object  # a mixin when running

LONGEST_KEY = 18  # digits; what is longer fits no key of the database


class ConfirmedRights(Base):
    """For a page with rows that say who administers which company. It links to the changes that
    wait.
    """

    subject = ""  # the field of a change that points to the object of this page

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is not Administration:
            super().save_formset(request, form, formset, change)
            return
        user = _user(request)
        formset.save(commit=False)
        for administration in formset.deleted_objects:
            contact_changes.revoke(administration, user)
        # Django writes to the history of the object what is left in this list
        added, formset.new_objects = formset.new_objects, []
        for administration in added:
            try:
                asked = contact_changes.grant(administration, user)
            except contact_changes.ChangeError as error:
                messages.error(request, str(error))
                continue
            if asked.state == ContactChange.State.PENDING:
                messages.warning(request, _held(asked))
            else:
                formset.new_objects.append(administration)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """With links to the changes that wait."""
        if request.method == "GET" and request.user.has_perm("staff.view_contactchange"):
            for waiting in self._waiting(object_id):
                messages.warning(request, _held(waiting))
        return super().change_view(request, object_id, form_url, extra_context)

    def _waiting(self, object_id: str) -> QuerySet[ContactChange]:
        if not (object_id.isascii() and object_id.isdigit() and len(object_id) <= LONGEST_KEY):
            return ContactChange.objects.none()
        waiting = ContactChange.objects.filter(
            state=ContactChange.State.PENDING, **{self.subject: int(object_id)}
        )
        return waiting.select_related("administrator", "company")


class ConfirmedCompanyAdmin(ConfirmedRights, CompanyAdmin):
    subject = "company"


class ConfirmedAdministratorAdmin(ConfirmedRights, InvitingAdministratorAdmin):
    """A new phone waits until confirmed. A new e-mail, and being active or not, take effect, with
    notices.
    """

    subject = "administrator"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deleting a person and adding them again would give them a phone that no second person
        saw.
        """
        return False

    def save_model(self, request: HttpRequest, obj: Administrator, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        before, user = Administrator.objects.select_for_update().get(pk=obj.pk), _user(request)
        moved = (before.phone, before.email) != (obj.phone, obj.email)
        if moved and contact_changes.needs_second_person(before, obj):
            self._hold(request, before, obj, form)
            moved = False
        super().save_model(request, obj, form, change)
        if moved:
            contact_changes.record_applied(before, obj, user)
        if before.is_active != obj.is_active:
            contact_changes.record_activity(obj, user)

    def _hold(self, request: HttpRequest, before: Administrator, obj: Administrator, form: Any) -> None:
        """Ask for the change, and put the old phone and e-mail back into the row that is about to
        be saved.
        """
        try:
            messages.warning(request, _held(contact_changes.propose(before, obj, _user(request))))
        except contact_changes.ChangeError as error:
            messages.error(request, str(error))
        obj.phone, obj.email = before.phone, before.email
        # Not changed yet, so not in the history of the row either
        form.changed_data = [name for name in form.changed_data if name not in {"phone", "email"}]


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _held(change: ContactChange) -> str:
    if change.company:
        words = gettext("{names} no administra todavía {company}: otra persona con permiso debe confirmarlo.")
        text = words.format(names=change.administrator.names, company=change.company.legal_name)
    else:
        words = gettext(
            "El número {phone} no rige todavía: otra persona con permiso debe confirmar el cambio."
        )
        text = words.format(phone=phones.display(change.new_phone))
    address = reverse("admin:staff_contactchange_change", args=[change.pk])
    return format_html('{} <a href="{}" class="desk-link">{}</a>', text, address, gettext("Ver el cambio"))


for _model, _page in ((Company, ConfirmedCompanyAdmin), (Administrator, ConfirmedAdministratorAdmin)):
    admin.site.unregister(_model)
    admin.site.register(_model, _page)
