"""A choice among many rows at the desk, which answers a made-up row with a refusal and not with an
error.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import ForeignKey
from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.admin.options import BaseModelAdmin

    Base = BaseModelAdmin[Any]
else:
    Base = object  # it is not generic when running

LONGEST_KEY = 18  # digits; what is longer fits no key of the database


class ForgivingAutocomplete(AutocompleteSelect):
    """Django's looks up whatever the address or the form proposes, and fails on what cannot be a
    key.
    """

    def optgroups(self, name: str, value: Iterable[Any], attr: Any = None) -> Any:
        return super().optgroups(name, [each for each in value if _may_be_key(str(each))], attr)


class AutocompleteMixin(Base):
    """For an admin with `autocomplete_fields`."""

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> "forms.ModelChoiceField[Any] | None":
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", ForgivingAutocomplete(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


def _may_be_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_KEY
