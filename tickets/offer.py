"""The request types and reasons that the portal offers, as the operator set them (A7, A8, A24)."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F, FilteredRelation, Q

from tickets.models import OTHER_REASON, Reason, RequestType


@dataclass(frozen=True)
class Offer:
    """Request types and their reasons, in order. The form adds `OTHER_REASON`."""

    types: list[RequestType]
    reasons: list[Reason]


def current_offer() -> Offer:
    """Return the current offer, also types without a reason. One query, to keep the form cheap."""
    active = FilteredRelation("reasons", condition=Q(reasons__is_active=True))
    rows = RequestType.objects.filter(in_portal=True).annotate(active=active)
    rows = rows.annotate(reason_pk=F("active__pk"), reason_text=F("active__text"))
    types: dict[int, RequestType] = {}
    reasons: list[Reason] = []
    row: Any  # a RequestType with the two annotations
    for row in rows.order_by("position", "name", "active__position", "active__text"):
        request_type = types.setdefault(row.pk, row)
        if row.reason_pk is not None and row.reason_text != OTHER_REASON:
            reasons.append(Reason(pk=row.reason_pk, request_type=request_type, text=row.reason_text))
    return Offer(list(types.values()), reasons)
