"""Autocomplete fields for the desk, which ignore a value that cannot be a primary key.

Django's field answers such a value with an error 500.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import ForeignKey
from django.http import HttpRequest

from desk.keys import may_be_key

if TYPE_CHECKING:
    from django.contrib.admin.options import BaseModelAdmin

    Base = BaseModelAdmin[Any]
else:
    Base = object  # BaseModelAdmin is not generic at run time


class ForgivingAutocomplete(AutocompleteSelect):
    """Look up only values that can be keys; Django's widget raises an error for any other."""

    def optgroups(self, name: str, value: Iterable[Any], attr: Any = None) -> Any:
        return super().optgroups(name, [each for each in value if may_be_key(str(each))], attr)


class AutocompleteMixin(Base):
    """Mixin: use `ForgivingAutocomplete` for the `autocomplete_fields` of an admin class."""

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> "forms.ModelChoiceField[Any] | None":
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", ForgivingAutocomplete(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
