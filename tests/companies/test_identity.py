"""RUC and cédula are validated (A19). The samples come from python-stdnum or are invented; none
belongs to a customer.
"""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from companies.identity import InvalidTaxId, TaxId, check_tax_id
from companies.models import Company


@pytest.mark.parametrize("number", ["1714307103", "1714307103001", "1799999028001", "1769999930001"])
def test_a19_a_number_with_a_right_check_digit_is_accepted(number: str) -> None:
    assert check_tax_id(number) == TaxId(number, doubtful=False)


@pytest.mark.parametrize("typed", ["179999902-8001", " 1799999028001 ", "1799999028 001"])
def test_a19_separators_are_dropped(typed: str) -> None:
    assert check_tax_id(typed).number == "1799999028001"


@pytest.mark.parametrize("number", ["1799999029001", "1769999910001", "1714307104", "1714307104001"])
def test_a19_a_number_with_a_wrong_check_digit_is_accepted_as_doubtful(number: str) -> None:
    """For companies, public bodies and persons alike: some real numbers fail their check digit."""
    assert check_tax_id(number) == TaxId(number, doubtful=True)


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("", "Ingrese la cédula o el RUC"),
        ("17143071O3", "solo números"),
        ("171430710", "este número tiene 9"),
        ("17999990280011", "este número tiene 14"),
        ("2514307103", "código de una provincia"),
        ("0014307103", "código de una provincia"),
        ("1774307103", "tercer dígito"),
        ("1794307103", "tercer dígito"),
        ("1779999028001", "tercer dígito"),
        ("1799999028000", "establecimiento"),
    ],
)
def test_a19_a_malformed_number_is_refused_with_a_reason(number: str, says: str) -> None:
    with pytest.raises(InvalidTaxId, match=says):
        check_tax_id(number)


@given(st.one_of(st.text(max_size=20), st.from_regex(r"[0-9]{10}([0-9]{3})?", fullmatch=True)))
def test_a19_any_text_is_a_number_or_refused_with_a_reason(typed: str) -> None:
    try:
        number = check_tax_id(typed).number
    except InvalidTaxId as error:
        refusal, number = str(error), ""
    else:
        refusal = ""
    assert refusal or (number.isdigit() and len(number) in {10, 13})


@pytest.mark.parametrize(
    ("tax_id", "doubtful"), [("1799999028001", False), ("1799999029001", True), ("1714307104", True)]
)
def test_a19_a_company_saved_through_a_form_stores_whether_it_is_doubtful(
    tax_id: str, doubtful: bool
) -> None:
    company = Company(legal_name="Acme", tax_id=tax_id, tax_id_doubtful=not doubtful)
    company.full_clean(validate_unique=False)
    assert company.tax_id_doubtful == doubtful


def test_a19_a_company_with_an_impossible_number_is_not_saved_through_a_form() -> None:
    with pytest.raises(ValidationError) as refusal:
        Company(legal_name="Acme", tax_id="1774307104").full_clean(validate_unique=False)
    assert list(refusal.value.message_dict) == ["tax_id"]
