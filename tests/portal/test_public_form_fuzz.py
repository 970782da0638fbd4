"""`consulta/` answers any input with a code, or a refusal that keeps the text (R6.13)."""

from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from otp.limits.rates import parse_rates
from portal.request.forms import TYPED
from tests.portal.public_client import CODE, FORM, filled, make_public_type, sent
from tests.portal.test_fuzz import FILES, TEXT, VALUES
from tests.tickets.portal_client import fields_of, pdf
from tickets.models import RequestField

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
FUZZED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = [*TYPED, "field_city", "request_type", "submission_key", "staged", "remove", "attachments"]


@pytest.fixture(autouse=True)
def _public_type(settings: Any) -> None:
    request_type = make_public_type()
    RequestField.objects.create(request_type=request_type, name="city", label="Ciudad", kind="short_text")
    for name in ("EMAIL", "ADDRESS", "DAY"):
        setattr(settings, f"PUBLIC_CODES_PER_{name}", parse_rates("10000/d"))
    settings.PUBLIC_FILES_PER_DAY = settings.UPLOAD_QUOTA_PER_PHONE = parse_rates("10000/d")


@FUZZED
@given(st.dictionaries(st.sampled_from(NAMES), VALUES))
@example({"details": "línea\r\n" * 3_000})
@example({"field_city": "\x00"})
def test_any_text_is_taken_or_refused_and_kept(client: Client, changes: dict[str, str]) -> None:
    posted = filled(client, **changes)
    response = client.post(FORM, posted)
    assert response.status_code in {303, 422}
    if response.status_code == 422:
        assert fields_of(response)["details"].split() == posted["details"].split()


@FUZZED
@given(FILES)
def test_any_files_are_taken_or_refused(client: Client, files: list[tuple[str, bytes]]) -> None:
    posted = filled(client, attachments=[pdf(name, content) for name, content in files])
    assert client.post(FORM, posted).status_code in {303, 422}


@FUZZED
@given(st.dictionaries(TEXT, VALUES, max_size=5), VALUES)
def test_any_fields_and_any_type_at_all_are_answered(
    client: Client, fields: dict[str, str], code: str
) -> None:
    assert client.post(FORM, fields).status_code in {303, 422}
    status = client.get(FORM, {"tipo": code}).status_code
    assert status == (400 if "\x00" in code else 200)  # no address holds a NUL


@FUZZED
@given(VALUES, VALUES)
def test_any_code_is_refused(client: Client, code: str, key: str) -> None:
    sent(client)
    assert client.post(CODE, {"code": f"x{code}"}).status_code == 422
    assert client.post(CODE, {"code": f"x{code}", "submission_key": key}).status_code == 422
