"""Staff accounts at the desk, in the desk's theme. Only a superuser is given these pages."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from desk.lists import ModelAdmin

admin.site.index_title = _("Inicio")

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]  # generic for mypy only, not when running
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    actions = None

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Accounts are for the desk only: a new one may open it, and what it does there is its
        group.
        """
        obj.is_staff = obj.is_staff or not change
        super().save_model(request, obj, form, change)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    actions = None
