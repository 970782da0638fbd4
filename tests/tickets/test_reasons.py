"""What the migration brings is data: loaded once, the operator's from then on (A7, A8)."""

import pytest
from django.db import IntegrityError, transaction

from tests import cast
from tickets.models import Reason, RequestType

pytestmark = pytest.mark.django_db


def test_a7_the_first_request_type_is_there() -> None:
    request_type = cast.make_request_type()
    assert (request_type.name, request_type.effective_rule, request_type.notice_days, request_type.in_portal) == (
        "Anulación o baja de servicios",
        "billing_cut",
        15,
        True,
    )


def test_a8_loading_again_does_not_undo_the_operators_changes() -> None:
    cast.make_request_type().reasons.filter(position=1).update(text="Otro texto")
    cast.make_request_type().reasons.filter(position=2).delete()
    assert list(cast.make_request_type().reasons.values_list("text", flat=True)) == [
        "Otro texto",
        "Problemas económicos",
        "Problemas de cobertura",
        "Mejor oferta de la competencia",
    ]


def test_only_what_the_portal_offers_is_offered() -> None:
    cast.make_request_type()
    hidden = RequestType.objects.create(code="claim", name="Reclamo", in_portal=False)
    Reason.objects.create(request_type=hidden, text="Cobro duplicado")
    assert "Cobro duplicado" not in [reason.text for reason in Reason.objects.offered()]


def test_a_reason_is_listed_once_a_type() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Reason.objects.create(request_type=cast.make_request_type(), text="Problemas económicos")
