"""Whatever headers, queries and fields a client sends, the answer is never a 500 (S7, R6.13)."""

from collections.abc import Iterator
from unittest.mock import Mock
from wsgiref.types import WSGIEnvironment
from wsgiref.util import setup_testing_defaults

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fidelizacion.content_type import with_safe_content_type
from tests import cast
from tests.desk.desk import signed_in, supervisor
from tests.tickets.portal_client import COMPANY, REQUEST, visitor

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

FUZZED = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
CHARSETS = [
    "rot13",
    "idna",
    "punycode",
    "undefined",
    "hex",
    "utf-16",
    "unicode_escape",
    "no-such",
    "utf-8",
    "",
]
HEADER = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=80)
CONTENT_TYPES = st.one_of(
    HEADER,
    st.builds("{}; charset={}".format, st.sampled_from(["text/plain", "multipart/form-data", ""]), HEADER),
    st.builds(
        "text/plain; charset={}; charset={}".format, st.sampled_from(CHARSETS), st.sampled_from(CHARSETS)
    ),
)
QUERIES = st.text(st.sampled_from("ab=&%;+01fFE9\x7f\xe9"), max_size=30)
AWKWARD = st.sampled_from(
    [
        "abc",
        "0",
        "-1",
        "1.5",
        "9" * 30,
        "١",
        "\x00",
        "'\"<>",
        "%",
        "a" * 500,
        "2026-99-99",
        "None",
        "",
        " ",
        "1,2",
        "on",
    ]
)
VALUES = st.one_of(
    AWKWARD, st.text(st.characters(exclude_categories=["Cs"]), max_size=30), st.integers().map(str)
)


def status_of(query: str, **headers: str) -> int:
    """Call our WSGI application as a server would, and return the status."""
    environ: WSGIEnvironment = {"PATH_INFO": "/fidelizacion/ayuda/", "QUERY_STRING": query, **headers}
    setup_testing_defaults(environ)
    environ["HTTP_HOST"] = headers.get("HTTP_HOST", "testserver")
    start_response = Mock()
    list(with_safe_content_type(WSGIHandler())(environ, start_response))
    return int(start_response.call_args.args[0][:3])


@pytest.mark.parametrize("charset", [*CHARSETS[:7], "cp037", "zlib", "base64"])
@pytest.mark.parametrize("query", ["", "a=%ff&b=%E1"])
def test_s7_another_charset_is_refused_with_a_page_whatever_the_query(charset: str, query: str) -> None:
    assert status_of(query, CONTENT_TYPE=f"text/plain; charset={charset}") == 400


@FUZZED
@given(QUERIES, CONTENT_TYPES)
@example("a=1", "text/plain; charset=rot13")
def test_s7_any_content_type_and_query_are_answered(query: str, content_type: str) -> None:
    assert status_of(query, CONTENT_TYPE=content_type) in {200, 400}


@FUZZED
@given(
    st.dictionaries(
        st.sampled_from(["COOKIE", "HOST", "X_FORWARDED_FOR", "REFERER", "ACCEPT_LANGUAGE"]), HEADER
    )
)
def test_s7_any_headers_are_answered(headers: dict[str, str]) -> None:
    assert status_of("", **{f"HTTP_{name}": value for name, value in headers.items()}) in {200, 400}


def lists() -> Iterator[str]:
    for model in admin.site._registry:
        yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


@pytest.fixture
def desk() -> Client:
    cast.make_ticket(cast.ana())
    return signed_in(User.objects.create_superuser("root"))


@pytest.mark.parametrize("page", ["abc", "0", "-1", "2", "9" * 30, "1.5", "\x00", ""])
def test_s7_the_desks_search_has_pages_with_numbers_only(page: str) -> None:
    client = signed_in(supervisor())
    status = client.get("/admin/search/", {"s": "empresas", "page": page}).status_code
    assert status == (400 if page == "\x00" else 404)


def test_s7_the_desks_search_still_finds(desk: Client) -> None:
    for query in ({"s": "empresas"}, {"s": "empresas", "page": "1"}, {}):
        assert desk.get("/admin/search/", query).status_code == 200


LISTS = [
    "p",
    "o",
    "q",
    "all",
    "e",
    "_popup",
    "_to_field",
    "status",
    "status__exact",
    "at__gte",
    "kind__exact",
    "x",
]
FIELDS = [
    "company",
    "company__id__exact",
    "administrator",
    "account",
    "id",
    "efectiva",
    "confirmacion",
    "advisor",
]
PARAMETERS = st.sampled_from([*LISTS, *FIELDS])


@pytest.mark.parametrize("address", sorted(lists()))
def test_s7_any_parameter_of_a_list_is_answered(desk: Client, address: str) -> None:
    @settings(max_examples=6, deadline=None)
    @given(st.dictionaries(PARAMETERS, VALUES, max_size=3))
    def answered(query: dict[str, str]) -> None:
        assert desk.get(address, query).status_code in {200, 302, 400, 403, 404}, query

    answered()


@pytest.mark.parametrize("model", ["company", "billingaccount", "serviceline", "administrator"])
def test_s7_any_value_proposed_to_a_form_of_the_directory_is_answered(desk: Client, model: str) -> None:
    @settings(max_examples=6, deadline=None)
    @given(st.dictionaries(PARAMETERS, VALUES, max_size=3))
    @example({"company": "abc"})
    @example({"account": "9" * 30})
    @example({"advisor": "abc"})
    def answered(query: dict[str, str]) -> None:
        assert desk.get(f"/admin/companies/{model}/add/", query).status_code in {200, 400}, query

    answered()


@pytest.mark.parametrize("model", ["company", "billingaccount", "serviceline", "administrator"])
def test_s7_any_value_posted_to_a_form_of_the_directory_is_answered(desk: Client, model: str) -> None:
    names = ["company", "account", "advisor", "tax_id", "phone", "cut_day", "status", "kind", "number"]
    names += ["administrations-TOTAL_FORMS", "administrations-INITIAL_FORMS", "administrations-0-company"]
    names += ["administrations-0-id", "billing_accounts-TOTAL_FORMS", "billing_accounts-INITIAL_FORMS"]

    @settings(max_examples=8, deadline=None)
    @given(st.dictionaries(st.sampled_from(names), VALUES, max_size=6))
    @example({"administrations-TOTAL_FORMS": "abc"})
    @example({"company": "9" * 30})
    def answered(fields: dict[str, str]) -> None:
        assert desk.post(f"/admin/companies/{model}/add/", fields).status_code in {200, 302, 400}, fields

    answered()


@pytest.mark.parametrize("term", ["abc", "\x00", "9" * 30, "%"])
@pytest.mark.parametrize("field", ["company", "x", "\x00"])
def test_s7_the_desks_autocomplete_answers_any_term_and_field(desk: Client, term: str, field: str) -> None:
    query = {
        "app_label": "companies",
        "model_name": "administration",
        "field_name": field,
        "term": term,
        "page": "abc",
    }
    assert desk.get("/admin/autocomplete/", query).status_code in {200, 400, 403, 404}


def test_s7_any_company_that_a_visitor_posts_is_refused_with_the_list() -> None:
    client = visitor(cast.ana(cast.make_company(), cast.make_company("Otra")))

    @settings(max_examples=40, deadline=None)
    @given(VALUES.filter(lambda value: not value.strip().isdecimal() or len(value) > 10))
    @example("9" * 30)
    @example("²")
    @example("1\x00")
    def refused(posted: str) -> None:
        assert client.post(COMPANY, {"company": posted}).status_code == 422

    refused()


@pytest.mark.parametrize(
    "address", [COMPANY, REQUEST, "/fidelizacion/", "/fidelizacion/tickets/", "/fidelizacion/pin/"]
)
def test_s7_any_query_of_the_portal_is_answered(address: str) -> None:
    client = visitor(cast.ana(cast.make_company(), cast.make_company("Otra")))

    @settings(max_examples=10, deadline=None)
    @given(st.dictionaries(st.sampled_from(["company", "i", "next", "page", "q", "tipo", "creado"]), VALUES))
    def answered(query: dict[str, str]) -> None:
        assert client.get(address, query).status_code in {200, 302, 400}, query

    answered()
