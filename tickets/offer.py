"""What the portal's form offers: request types and their reasons, which are data (A7, A8, A24)."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F, FilteredRelation, Q

from tickets.models import OTHER_REASON, Reason, RequestType


@dataclass(frozen=True)
class Offer:
    """The request types, and their reasons in order, without
    `OTHER_REASON`, which the form adds.
    """

    types: list[RequestType]
    reasons: list[Reason]


def current_offer() -> Offer:
    """What the portal offers now: types without a single reason too. One query, since the form has
    few to spend.
    """
    active = FilteredRelation("reasons", condition=Q(reasons__is_active=True))
    rows = RequestType.objects.filter(in_portal=True).annotate(active=active)
    rows = rows.annotate(reason_pk=F("active__pk"), reason_text=F("active__text"))
    types: dict[int, RequestType] = {}
    reasons: list[Reason] = []
    row: Any  # a type, with what is annotated
    for row in rows.order_by("position", "name", "active__position", "active__text"):
        request_type = types.setdefault(row.pk, row)
        if row.reason_pk is not None and row.reason_text != OTHER_REASON:
            reasons.append(Reason(pk=row.reason_pk, request_type=request_type, text=row.reason_text))
    return Offer(list(types.values()), reasons)
