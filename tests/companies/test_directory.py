"""The directory says who may enter, returns to each administrator only their companies, and lists
the services of these.
"""

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from companies.directory import LocalDirectory, Services, directory
from companies.models import Administration, Administrator, ServiceLine
from tests.cast import ANA_PHONE, NOBODY_PHONE, ana, bruno, make_administrator, make_company

pytestmark = pytest.mark.django_db


class CrmDirectory(LocalDirectory):
    """A directory as an operator would write it: it updates the rows, then returns them."""

    def administrator(self, phone: str) -> Administrator | None:
        administrator, _created = Administrator.objects.get_or_create(
            phone=phone, defaults={"names": "Del CRM"}
        )
        return administrator


def test_an_active_administrator_with_a_company_is_known() -> None:
    administrator = ana()
    assert directory().administrator(ANA_PHONE) == administrator


@pytest.mark.parametrize(("is_active", "companies"), [(False, 1), (True, 0)])
def test_an_administrator_who_is_inactive_or_has_no_company_is_unknown(
    is_active: bool, companies: int
) -> None:
    make_administrator(*[make_company() for _ in range(companies)], is_active=is_active)
    assert directory().administrator(ANA_PHONE) is None


def test_a5_known_and_unknown_numbers_run_the_same_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    ana(make_company(), make_company("Otra"))
    for phone in (ANA_PHONE, NOBODY_PHONE, "", "no es un número"):
        with django_assert_num_queries(1):
            administrator = directory().administrator(phone)
        assert (administrator is not None) == (phone == ANA_PHONE)


def test_a6_an_administrator_reaches_only_the_companies_they_act_for() -> None:
    acme, other = make_company(), make_company("Bruno e Hijos")
    anas, brunos = ana(acme), bruno(other)
    assert directory().company(anas, acme.pk) == acme
    assert directory().company(anas, other.pk) is None
    assert directory().company(brunos, acme.pk) is None


@pytest.mark.parametrize("company_id", [0, -1, 10**30])
def test_an_unknown_company_id_returns_no_company(company_id: int) -> None:
    assert directory().company(ana(), company_id) is None


def test_a6_several_companies_are_listed_by_name_with_their_services_counted() -> None:
    small, big = make_company("Zeta", lines=1), make_company("Alfa", lines=7, cut_days=(5, 20))
    ServiceLine.objects.filter(account__company=big, number__endswith="7").update(
        status=ServiceLine.Status.CANCELLED
    )
    ServiceLine.objects.filter(account__company=big, number__endswith="6").update(
        status=ServiceLine.Status.SUSPENDED
    )
    empty = make_company("Media", lines=0, cut_days=())
    counted = directory().companies(ana(small, big, empty))
    assert [(company.legal_name, getattr(company, "service_count", None)) for company in counted] == [
        ("Alfa", 6),
        ("Media", 0),
        ("Zeta", 1),
    ]


def test_a6_the_picker_counts_a_company_once_however_many_administrators_it_has() -> None:
    acme = make_company(lines=3)
    administrator = ana(acme)
    bruno(acme)
    assert [getattr(company, "service_count", None) for company in directory().companies(administrator)] == [
        3
    ]


def test_a6_only_company_returns_the_company_of_an_administrator_with_one() -> None:
    acme, other = make_company(), make_company("Otra")
    assert directory().only_company(bruno(acme)) == acme
    assert directory().only_company(ana(acme, other)) is None


def test_a6_the_first_five_services_and_the_total() -> None:
    company = make_company(lines=8)
    numbers = list(ServiceLine.objects.order_by("number").values_list("number", flat=True))
    assert directory().services(company) == Services(numbers=numbers[:5], total=8)
    assert directory().services(company, limit=2) == Services(numbers=numbers[:2], total=8)


def test_a6_a_company_without_services_has_none() -> None:
    assert directory().services(make_company(lines=0)) == Services(numbers=[], total=0)


def test_billing_accounts_are_sorted_by_number_and_have_their_cut_day() -> None:
    accounts = directory().billing_accounts(make_company(cut_days=(20, 5, 31)))
    assert [account.cut_day for account in accounts] == [20, 5, 31]


@pytest.mark.parametrize("lines", [5, 5_000])
def test_five_thousand_lines_take_no_more_queries_than_five(
    lines: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    administrator = ana(make_company(lines=lines), make_company("Otra"))
    with django_assert_num_queries(1):
        companies = directory().companies(administrator)
    with django_assert_num_queries(1):
        company = directory().company(administrator, companies[0].pk)
    assert company is not None
    with django_assert_num_queries(1):
        assert len(directory().services(company).numbers) == 5
    with django_assert_num_queries(1):
        directory().billing_accounts(company)


def test_a_setting_replaces_the_directory_by_a_crm(settings: Settings) -> None:
    assert type(directory()) is LocalDirectory
    settings.COMPANY_DIRECTORY = "tests.companies.test_directory.CrmDirectory"
    administrator = directory().administrator(NOBODY_PHONE)
    assert administrator is not None
    assert administrator.names == "Del CRM"
    assert Administration.objects.count() == 0
