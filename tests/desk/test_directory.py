"""Editing the directory at the desk: companies, service lines and administrators."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from companies.models import Administration, Administrator, BillingAccount, Company, ServiceLine
from staff.models import ContactChange
from tests import cast
from tests.desk.desk import signed_in, soup, supervisor, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
COMPANIES = "/admin/companies/company/"
ADMINISTRATORS = "/admin/companies/administrator/"
LINES = "/admin/companies/serviceline/"


@pytest.fixture
def desk() -> Client:
    return signed_in(supervisor())


def formset(prefix: str, *rows: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    values = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial}
    for index, row in enumerate(rows):
        values |= {f"{prefix}-{index}-{name}": value for name, value in row.items()}
    return values


def company_form(**changes: Any) -> dict[str, Any]:
    values = {
        "legal_name": "Nueva S. A.",
        "status": "active",
        "tax_id": "1790016919001",
        "city": "Quito",
        "advisor": "",
        "queue_email": "",
    }
    return {**formset("billing_accounts"), **formset("administrations"), **values, **changes}


def administrator_form(*companies: Company, **changes: Any) -> dict[str, Any]:
    values = {"phone": "099 123 4567", "names": "Ana Pérez", "email": "ana@acme.example", "is_active": "on"}
    rows = [{"company": company.pk} for company in companies]
    return {**formset("administrations", *rows), **values, **changes}


def listed(response: Any) -> int:
    return len(soup(response).select("#result_list tbody tr"))


def test_a_company_is_added_together_with_its_account(desk: Client) -> None:
    account = formset("billing_accounts", {"number": "C-1", "cut_day": "31"})
    response = desk.post(f"{COMPANIES}add/", company_form(**account))
    assert response.status_code == 302, text_of(response)
    assert BillingAccount.objects.get().company == Company.objects.get(legal_name="Nueva S. A.")


@pytest.mark.parametrize(
    ("tax_id", "said"), [("123", "13 dígitos"), ("99AB", "solo números"), ("", "obligatorio")]
)
def test_a19_a_malformed_tax_id_is_refused_with_a_reason(desk: Client, tax_id: str, said: str) -> None:
    response = desk.post(f"{COMPANIES}add/", company_form(tax_id=tax_id))
    assert said in text_of(response)
    assert not Company.objects.exists()


@pytest.mark.parametrize("tax_id", ["1790012345001", "1714307104", "1714307104001"])
def test_a19_a_tax_id_with_a_wrong_check_digit_is_kept_as_doubtful(desk: Client, tax_id: str) -> None:
    """A company's RUC, a cédula, and a person's RUC."""
    response = desk.post(f"{COMPANIES}add/", company_form(tax_id=tax_id), follow=True)
    company = Company.objects.get()
    assert company.tax_id_doubtful
    assert "no cuadra" in text_of(response)
    for page in (response, desk.get(f"{COMPANIES}{company.pk}/change/")):
        assert "Dudoso" in text_of(page)
        assert "('" not in text_of(page)


def test_the_advisor_of_a_company_is_chosen_among_staff(desk: Client) -> None:
    carla, outsider = cast.carla(), User.objects.create_user("afuera")
    offered = soup(desk.get(f"{COMPANIES}add/")).select("select[name=advisor] option")
    values = {option["value"] for option in offered}
    assert str(carla.pk) in values
    assert str(outsider.pk) not in values
    refused = desk.post(f"{COMPANIES}add/", company_form(advisor=str(outsider.pk)))
    assert refused.status_code == 200


def test_an_account_with_its_lines_cannot_be_deleted_from_the_companys_page(desk: Client) -> None:
    root = User.objects.create_superuser("root")
    company = cast.make_company()
    account = company.billing_accounts.get()
    row = {"id": account.pk, "company": company.pk, "number": account.number, "cut_day": "15", "DELETE": "on"}
    rows = formset("billing_accounts", row, initial=1)
    signed_in(root).post(f"{COMPANIES}{company.pk}/change/", company_form(**rows))
    assert BillingAccount.objects.filter(pk=account.pk).exists()


@pytest.mark.parametrize("term", ["17900", "1790012345001", "acme", "ecuador ACME"])
def test_a_company_is_found_by_ruc_or_name(desk: Client, term: str) -> None:
    cast.make_company(tax_id="1790012345001")
    cast.make_company("Otra Cía. Ltda.", tax_id="0990012345001")
    response = desk.get(COMPANIES, {"q": term})
    assert listed(response) == 1
    assert "Acme" in text_of(response)


@pytest.mark.parametrize("typed", ["0991234567", "+593 99 123 4567", "991234567"])
def test_a18_an_administrators_phone_is_kept_in_one_spelling(desk: Client, typed: str) -> None:
    response = desk.post(f"{ADMINISTRATORS}add/", administrator_form(cast.make_company(), phone=typed))
    assert response.status_code == 302, text_of(response)
    assert str(Administrator.objects.get().phone) == "+593991234567"
    # The company waits for a second person (S11)
    assert ContactChange.objects.get().new_phone == "+593991234567"
    assert not Administration.objects.exists()


@pytest.mark.parametrize(
    "typed", ["099123456", "0991234567 ext 5", "022345678", "+57 300 123 4567", "CALL-ANA"]
)
def test_a18_a_phone_that_cannot_get_a_code_is_refused_with_a_reason(desk: Client, typed: str) -> None:
    response = desk.post(f"{ADMINISTRATORS}add/", administrator_form(phone=typed))
    assert response.status_code == 200
    assert soup(response).select_one(".field-phone .text-red-600, .field-phone .errorlist") is not None
    assert not Administrator.objects.exists()


def test_two_administrators_cannot_share_a_phone(desk: Client) -> None:
    cast.ana()
    response = desk.post(f"{ADMINISTRATORS}add/", administrator_form(phone="+593 991234567"))
    assert "Ya existe" in text_of(response)
    assert Administrator.objects.count() == 1


@pytest.mark.parametrize("term", ["099-123-4567", "593991234567", "ana pérez", "ANA@acme.example"])
def test_an_administrator_is_found_by_phone_names_or_address(desk: Client, term: str) -> None:
    cast.ana()
    cast.bruno()
    response = desk.get(ADMINISTRATORS, {"q": term})
    assert listed(response) == 1
    assert "099 123 4567" in text_of(response)


@pytest.mark.parametrize("term", ["0991112223", "099 111 2223", "+593991112223", "099111"])
def test_a_line_is_found_by_its_number_in_any_spelling(desk: Client, term: str) -> None:
    company = cast.make_company()
    ServiceLine.objects.create(account=company.billing_accounts.get(), number="0991112223")
    assert listed(desk.get(LINES, {"q": term})) == 1


def test_a_line_with_another_number_than_a_phone_is_found_as_written(desk: Client) -> None:
    company = cast.make_company()
    ServiceLine.objects.create(account=company.billing_accounts.get(), number="ENLACE-UIO-GYE-7")
    assert listed(desk.get(LINES, {"q": "ENLACE-UIO"})) == 1


def test_no_page_loads_a_companys_thousands_of_lines(desk: Client) -> None:
    company = cast.make_company(lines=300)
    line = ServiceLine.objects.latest("pk")
    account = company.billing_accounts.get()
    for address in (
        f"{COMPANIES}{company.pk}/change/",
        f"/admin/companies/billingaccount/{account.pk}/change/",
        f"{LINES}{line.pk}/change/",
    ):
        page = desk.get(address).content.decode()
        assert page.count(">09") < 5, address


@pytest.mark.parametrize("address", [COMPANIES, ADMINISTRATORS, LINES, "/admin/companies/billingaccount/"])
def test_r5_11_no_list_of_the_directory_runs_more_queries_for_more_rows(desk: Client, address: str) -> None:
    carla = cast.carla()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(address).status_code == 200
        return len(captured)

    cast.ana(cast.make_company(advisor=carla))
    desk.get(address)
    few = queries()
    for serial in range(10):
        company = cast.make_company(advisor=carla, lines=5)
        cast.make_administrator(company, phone=f"+59398000000{serial}")
    assert queries() == few


def test_the_list_of_accounts_without_a_search_term_reads_one_page_of_the_table() -> None:
    desk = signed_in(User.objects.create_superuser("raiz"))
    with CaptureQueriesContext(connection) as queries:
        assert desk.get("/admin/companies/billingaccount/").status_code == 200
    assert not [query["sql"] for query in queries if "UNION" in query["sql"]]
