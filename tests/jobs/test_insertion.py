"""A row inserted by the statement composed once a model equals one that Django saves."""

import pytest
from django.utils import timezone

from jobs.insertion import insert
from otp.models import Challenge

pytestmark = pytest.mark.django_db


def test_a_row_inserted_equals_one_saved() -> None:
    now = timezone.now()
    inserted, saved = (
        Challenge(phone="+593991234567", session_ref="a" * 64, nonce=nonce, created_at=now, expires_at=now)
        for nonce in ("a" * 32, "b" * 32)
    )
    insert(inserted)
    saved.save()
    columns = [
        field.attname for field in Challenge._meta.concrete_fields if field.name not in {"id", "nonce"}
    ]
    rows = dict(
        zip([inserted.pk, saved.pk], Challenge.objects.order_by("nonce").values(*columns), strict=True)
    )
    assert rows[inserted.pk] == rows[saved.pk]
    assert Challenge.objects.get(pk=inserted.pk).nonce == "a" * 32


def test_a_row_inserted_is_updated_by_its_next_save() -> None:
    now = timezone.now()
    row = Challenge(
        phone="+593991234567", session_ref="a" * 64, nonce="a" * 32, created_at=now, expires_at=now
    )
    insert(row)
    row.attempts = 2
    row.save()
    assert Challenge.objects.get().attempts == 2
