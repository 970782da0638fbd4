"""One query returns the administrator, the company, its accounts and its first services."""

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from companies.caller_query import CallerFacts, CompanyFacts
from companies.directory import Directory, LocalDirectory, caller_facts
from companies.models import Administration, Administrator, BillingAccount, Company, ServiceLine
from tests import cast

pytestmark = pytest.mark.django_db


class Structural:
    """An operator's directory with the older methods only, and without a common base class."""

    def __init__(self) -> None:
        self._ours: Directory = LocalDirectory()

    def __getattr__(self, name: str) -> object:
        if name == "caller_facts":
            raise AttributeError(name)
        return getattr(self._ours, name)


class Renaming(LocalDirectory):
    """A directory that overrides one method of LocalDirectory."""

    def administrator(self, phone: str) -> Administrator | None:
        found = super().administrator(phone)
        if found:
            found.names = "Del CRM"
        return found


DIRECTORIES = ("companies.directory.LocalDirectory", f"{__name__}.Structural", f"{__name__}.Renaming")
each_directory = pytest.mark.parametrize("path", DIRECTORIES)


def found(phone: str = cast.ANA_PHONE, company: Company | None = None) -> CompanyFacts:
    facts = caller_facts(phone, company.pk if company else None)
    assert facts is not None
    assert facts.of_company is not None
    return facts.of_company


@each_directory
def test_the_only_company_comes_with_all_that_the_form_shows(path: str, settings: Settings) -> None:
    settings.COMPANY_DIRECTORY = path
    carla = cast.carla()
    acme = cast.make_company(cut_days=(15, 31), lines=7, advisor=carla)
    ServiceLine.objects.filter(number__endswith="1").update(status=ServiceLine.Status.CANCELLED)
    ana = cast.ana(acme)
    facts = caller_facts(cast.ANA_PHONE)
    assert facts is not None
    assert facts.administrator == ana
    assert facts.administrator.phone == ana.phone
    assert facts.administrator.email == ana.email
    of_company = facts.of_company
    assert of_company is not None
    for name in ("legal_name", "tax_id", "tax_id_doubtful", "city", "queue_email", "advisor"):
        assert getattr(of_company.company, name) == getattr(acme, name)
    accounts = list(BillingAccount.objects.order_by("number"))
    assert [(each, each.cut_day) for each in of_company.accounts] == [
        (each, each.cut_day) for each in accounts
    ]
    in_service = ServiceLine.objects.in_service().order_by("number").values_list("number", flat=True)
    assert of_company.services.numbers == list(in_service)[:5]
    assert of_company.services.total == 6


@each_directory
def test_the_first_services_are_those_of_all_accounts(path: str, settings: Settings) -> None:
    settings.COMPANY_DIRECTORY = path
    acme = cast.make_company(cut_days=(1, 10, 20), lines=0)
    cast.ana(acme)
    accounts = list(acme.billing_accounts.all())
    ServiceLine.objects.bulk_create(
        ServiceLine(account=accounts[number % 3], number=f"0991{number:06}") for number in range(20)
    )
    services = found().services
    assert services.numbers == [f"0991{number:06}" for number in range(5)]
    assert services.total == 20


@each_directory
def test_a_company_without_accounts_services_or_advisor(path: str, settings: Settings) -> None:
    settings.COMPANY_DIRECTORY = path
    cast.ana(cast.make_company(cut_days=(), lines=0))
    facts = found()
    assert list(facts.accounts) == []
    assert (facts.services.numbers, facts.services.total) == ([], 0)
    assert facts.company.advisor is None


@each_directory
def test_with_several_companies_only_the_one_asked_for_is_returned(path: str, settings: Settings) -> None:
    settings.COMPANY_DIRECTORY = path
    acme, other, foreign = (cast.make_company(name) for name in ("Acme", "Otra", "Ajena"))
    ana = cast.ana(acme, other)
    assert found(company=other).company == other
    for company_id in (None, foreign.pk, 0):
        facts = caller_facts(cast.ANA_PHONE, company_id)
        assert facts == CallerFacts(ana)


@each_directory
def test_a_removed_right_ends_with_the_next_query(path: str, settings: Settings) -> None:
    settings.COMPANY_DIRECTORY = path
    acme, other = cast.make_company("Acme"), cast.make_company("Otra")
    ana = cast.ana(acme, other)
    assert found(company=acme).company == acme
    Administration.objects.filter(company=acme).delete()
    assert found(company=acme).company == other  # the only one left, and not the one asked for
    Administrator.objects.filter(pk=ana.pk).update(is_active=False)
    assert caller_facts(cast.ANA_PHONE, other.pk) is None


@each_directory
@pytest.mark.parametrize("phone", [cast.NOBODY_PHONE, "", "no es un número"])
def test_an_unknown_number_has_no_caller_facts(path: str, phone: str, settings: Settings) -> None:
    settings.COMPANY_DIRECTORY = path
    cast.ana()
    assert caller_facts(phone) is None
    assert caller_facts(phone, 1) is None


def test_an_overridden_method_of_a_directory_is_called(settings: Settings) -> None:
    settings.COMPANY_DIRECTORY = f"{__name__}.Renaming"
    cast.ana()
    facts = caller_facts(cast.ANA_PHONE)
    assert facts is not None
    assert facts.administrator.names == "Del CRM"


@pytest.mark.parametrize("lines", [5, 5_000])
def test_it_takes_one_query_for_any_number_of_lines(
    lines: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    acme = cast.make_company(lines=lines, cut_days=(1, 10, 20))
    cast.ana(acme)
    with django_assert_num_queries(1):
        facts = found(company=acme)
        assert facts.services.total == lines
        assert len(facts.services.numbers) == 5
        assert len(facts.accounts) == 3
        assert facts.company.advisor is None
