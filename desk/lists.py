"""Base classes of the desk's admin classes.

They refuse filters that the database cannot answer, and do not count the rows of large tables.
"""

from collections.abc import Sequence

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db import DataError, NotSupportedError
from django.http import HttpRequest
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.paginator import InfinitePaginator

# Django accepts these lookups and the database then fails: a range needs two values and a URL gives
# one, and a pattern may be invalid
REFUSED_LOOKUPS = ("range", "regex", "iregex")


class ModelAdmin(UnfoldModelAdmin):
    """The base of every admin class of the desk; it extends the theme's."""

    actions: Sequence[str] | None = None  # without Django's default action, which deletes rows

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup.rpartition("__")[2] not in REFUSED_LOOKUPS and super().lookup_allowed(
            lookup, value, request
        )

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Run the query here, so that a filter value that it cannot use is not an error 500.

        Django answers IncorrectLookupParameters with the list and a notice, but only from this
        method. Such values are a number of more than 64 bits, or the year 99999999999.
        """
        try:
            changelist = super().get_changelist_instance(request)
            len(changelist.result_list)  # evaluates the queryset, which keeps the rows for the page
        except (OverflowError, ValueError, DataError, NotSupportedError) as error:
            raise IncorrectLookupParameters from error
        return changelist


class UncountedPaginator(InfinitePaginator):
    """Paginates without counting the rows, and claims 10,000 of them: 200 pages of 50.

    For a later page the database would read all rows before it; people search or filter instead.
    """

    count = 10_000


class LargeListAdmin(ModelAdmin):
    """For tables of up to a million rows: counting them costs more than showing one page."""

    list_per_page = 50
    paginator = UncountedPaginator
    list_disable_select_all = True  # its button would show the paginator's invented count
    show_full_result_count = False
