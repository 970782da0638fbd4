"""The sample directory of the demo: the numbers that README announces, recognisable as invented."""

import pytest
from pytest_django import DjangoAssertNumQueries

from companies.directory import directory
from companies.identity import check_tax_id
from companies.models import Administrator, BillingAccount, Company, ServiceLine
from demo.sample import OFFERED, load_sample_directory, load_sample_types
from notifications.models import Message
from tests import cast
from tests.cast import carla
from tests.tickets.portal_client import filled_form, visitor
from tickets.models import Area, RequestType
from tickets.offer import current_offer, public_offer

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]


def companies_of(phone: str) -> list[Company]:
    administrator = directory().administrator(phone)
    assert administrator is not None
    return directory().companies(administrator)


def test_the_announced_numbers_administer_what_was_announced() -> None:
    load_sample_directory()
    (single,) = companies_of("+593991234567")
    assert len(directory().billing_accounts(single)) == 1
    three = companies_of("+593997654321")
    assert len(three) == 3
    cuts = [{account.cut_day for account in directory().billing_accounts(company)} for company in three]
    assert any(len(days) > 1 for days in cuts)
    (large,) = companies_of("+593981112233")
    assert directory().services(large).total == 5_000
    assert directory().administrator("+593960000000") is None


def test_loading_again_changes_nothing_and_is_quick(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    load_sample_directory()
    Company.objects.filter(tax_id="1799999028001").update(city="Ambato")
    tables = (Company, BillingAccount, ServiceLine, Administrator)
    before = [model._default_manager.count() for model in tables]
    with django_assert_max_num_queries(20):
        load_sample_directory()
    assert [model._default_manager.count() for model in tables] == before
    assert Company.objects.get(tax_id="1799999028001").city == "Ambato"


def test_the_advisor_follows_some_companies_and_not_all() -> None:
    advisor = carla()
    load_sample_directory(advisor)
    assert 0 < Company.objects.filter(advisor=advisor).count() < Company.objects.count()


def test_nothing_in_the_sample_can_be_taken_for_a_real_company_or_person() -> None:
    load_sample_directory()
    for company in Company.objects.all():
        assert company.tax_id[3:7] == "9999"
        assert company.tax_id[2] in "69"  # no cédula: any valid one could be a real person's
        assert company.tax_id_doubtful == check_tax_id(company.tax_id).doubtful
    assert all(administrator.email.endswith(".example") for administrator in Administrator.objects.all())
    numbers = ServiceLine.objects.values_list("number", flat=True)
    assert all(number.startswith(("0900", "DEMO-")) for number in numbers)


def test_a19_the_sample_has_a_doubtful_number_to_show() -> None:
    load_sample_directory()
    assert Company.objects.filter(tax_id_doubtful=True).count() == 1


def test_d6_a_request_in_the_demo_mails_the_areas_of_its_type() -> None:
    load_sample_directory()
    load_sample_types()
    filled_form(visitor(Administrator.objects.get(phone="+593991234567"))).post()
    mailed = set(Message.objects.filter(kind="ticket_area").values_list("to", flat=True))
    areas = RequestType.objects.get(code="cancellation").areas.all()
    assert mailed == {area.email for area in areas}
    assert mailed
    assert all(address.endswith("@operadora.example") for address in mailed)


def test_an_area_keeps_what_the_desk_changed() -> None:
    load_sample_types()
    Area.objects.filter(name="Cobranzas").update(email="otro@operadora.example", is_active=False)
    load_sample_types()
    area = Area.objects.get(name="Cobranzas")
    assert (area.email, area.is_active) == ("otro@operadora.example", False)


def test_the_demos_portal_offers_six_types_and_keeps_what_the_desk_changes() -> None:
    cast.make_request_type()
    load_sample_types()
    assert [each.code for each in current_offer().types if each.code not in OFFERED] == []
    assert len(current_offer().types) == len(OFFERED) == 6
    assert {"general", "new_service"} <= {each.code for each in public_offer().types}
    assert len(public_offer().types) == 4  # as README says
    RequestType.objects.filter(code="technical_fault").update(in_portal=False, name="Avería")
    load_sample_types()
    assert RequestType.objects.get(code="technical_fault").name == "Avería"
    assert len(current_offer().types) == 5
