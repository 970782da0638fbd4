"""The table of a list, as the theme shows it."""

from copy import copy
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.template import Library
from unfold.templatetags import unfold_list

register = Library()


@register.inclusion_tag("admin/change_list_results.html", takes_context=True)
def desk_result_list(context: dict[str, Any], cl: ChangeList) -> dict[str, Any]:
    """Return the theme's context of the table, with the same rows, made in less time.

    The theme composes all headers again for each row, with the addresses that sort by them, and
    uses only their texts. A list without sortable columns has the same texts and no addresses.
    """
    unsorted = copy(cl)
    unsorted.sortable_by = ()
    rows = list(unfold_list.results(unsorted))
    heads = copy(cl)
    heads.result_list = []
    return {**unfold_list.result_list(context, heads), "cl": cl, "results": rows}
