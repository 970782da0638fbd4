"""What every list of the desk has in common: a filter that no database can answer is refused."""

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db import DataError, NotSupportedError
from django.http import HttpRequest
from unfold.admin import ModelAdmin as UnfoldModelAdmin

# They fail in the database and not before: a range takes two values, where an address has one,
# and a pattern may be broken
REFUSED_LOOKUPS = ("range", "regex", "iregex")


class ModelAdmin(UnfoldModelAdmin):
    """The base of every page of the desk. The theme's own must not be used."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup.rpartition("__")[2] not in REFUSED_LOOKUPS and super().lookup_allowed(
            lookup, value, request
        )

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Ask the database here, where Django still answers with the list and a notice.

        SQLite takes no number of more than 64 bits, and no calendar has the year 99999999999.
        """
        try:
            changelist = super().get_changelist_instance(request)
            len(changelist.result_list)  # keeps the rows for the page
        except (OverflowError, ValueError, DataError, NotSupportedError) as error:
            raise IncorrectLookupParameters from error
        return changelist
