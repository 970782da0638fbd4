"""Audit events are append-only, and deleted only at the end of their retention (R8.03)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.append_only import AppendOnlyError
from otp.models import AuditEvent
from staff.models import SignInEvent

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", [AuditEvent, SignInEvent])
def test_r8_03_the_purge_deletes_only_older_events(
    model: type[AuditEvent] | type[SignInEvent],
) -> None:
    end = timezone.now()
    for at in (end - timedelta(seconds=1), end, end + timedelta(seconds=1)):
        model.objects.create(at=at)
    assert model.objects.purge(end) == 1
    assert list(model.objects.values_list("at", flat=True)) == [end + timedelta(seconds=1), end]
    with pytest.raises(AppendOnlyError):
        model.objects.filter(at=end).delete()
