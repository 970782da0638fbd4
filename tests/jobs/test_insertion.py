"""Rows inserted with the cached statements equal those that Django saves."""

import pytest
from django.utils import timezone

from companies.models import Company
from jobs.insertion import insert, insert_new, insert_new_by
from otp.models import Challenge

pytestmark = pytest.mark.django_db


def test_an_inserted_row_equals_a_saved_one() -> None:
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


def test_the_next_save_of_an_inserted_row_updates_it() -> None:
    now = timezone.now()
    row = Challenge(
        phone="+593991234567", session_ref="a" * 64, nonce="a" * 32, created_at=now, expires_at=now
    )
    insert(row)
    row.attempts = 2
    row.save()
    assert Challenge.objects.get().attempts == 2


def test_rows_inserted_together_get_their_keys_and_their_own_values() -> None:
    """A default that the model leaves to the database (`db_default`) is written too."""
    rows = [Company(tax_id=f"179000000000{number}", legal_name=f"Uno {number}") for number in range(3)]
    insert(*rows)
    found = {each.pk: each for each in Company.objects.all()}
    assert {row.pk: row.legal_name for row in rows} == {pk: each.legal_name for pk, each in found.items()}
    assert {each.status_reason for each in found.values()} == {""}


def test_only_new_rows_are_inserted_and_returned() -> None:
    rows = [Company(tax_id=tax_id, legal_name="Una") for tax_id in ("1790000000001", "1790000000002")]
    (first,) = insert_new(rows[:1])
    assert insert_new(rows[:1]) == []
    assert list(insert_new_by("tax_id", rows)) == ["1790000000002"]
    assert Company.objects.get(pk=first).tax_id == "1790000000001"
