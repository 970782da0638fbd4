"""Phone numbers are stored in one form, E.164 (A18, R1.16)."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from companies.phones import InvalidPhone, display, normalise, normalise_mobile, tail, validate_mobile

SEPARATORS = st.text(alphabet=" \u00a0\u2009.-\u2011–()\t\u202a\u202c", max_size=3)
PREFIXES = st.sampled_from(["0", "", "+593", "593", "+593 (0)"])
SCRIPTS = st.sampled_from(["0123456789", "٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９", "०१२३४५६७८९"])


@st.composite
def spellings(draw: st.DrawFn, national: str) -> str:
    prefix, digits = draw(PREFIXES), draw(SCRIPTS)
    typed = prefix + "".join(draw(SEPARATORS) + digits[int(digit)] for digit in national)
    return draw(SEPARATORS) + typed + draw(SEPARATORS)


@pytest.mark.parametrize(
    "typed",
    [
        "0991234567",
        "991234567",
        "+593991234567",
        "593991234567",
        "099 123 4567",
        "099.123.4567",
        "099-123-4567",
        "(099) 123-4567",
        "+593 99 123 4567",
        "+593 (0)99 123 4567",
        "099\u00a0123\u00a04567",
        "٠٩٩١٢٣٤٥٦٧",
        "\u202a+593 99 123 4567\u202c",
    ],
)
def test_a18_every_spelling_of_a_mobile_gives_the_same_number(typed: str) -> None:
    assert normalise_mobile(typed) == normalise(typed) == "+593991234567"


@given(st.data(), st.from_regex(r"9[0-9]{8}", fullmatch=True))
def test_r1_16_any_two_spellings_of_one_number_give_one_e164(data: st.DataObject, national: str) -> None:
    first, second = data.draw(spellings(national)), data.draw(spellings(national))
    assert normalise_mobile(first) == normalise_mobile(second) == f"+593{national}"


@given(st.text(max_size=80))
def test_r1_16_any_text_is_an_e164_number_or_refused_with_a_reason(typed: str) -> None:
    try:
        number = normalise(typed)
    except InvalidPhone as error:
        refusal, number = str(error), ""
    else:
        refusal = ""
    assert refusal or normalise(display(number)) == normalise(number) == number


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Ingrese el número"),
        (" \u00a0- ", "Ingrese el número"),
        ("099123456A", "sin letras ni extensiones"),
        ("0991234567 ext 12", "sin letras ni extensiones"),
        ("0991234567;12", "sin letras ni extensiones"),
        ("1-800-CLARO", "sin letras ni extensiones"),
        ("0991234567\x00", "sin letras ni extensiones"),
        ("099123456", "faltan dígitos"),  # A18: nine digits, as in the sample of the operator's manual
        ("099123456", "Un número móvil tiene 10, por ejemplo 099 123 4567."),
        ("+", "faltan dígitos"),
        ("+593", "faltan dígitos"),
        ("09912345678", "dígitos de más"),
        ("00099123456789", "dígitos de más"),
        ("9" * 60, "dígitos de más"),
        ("9" * 10_000, "demasiado largo"),
        ("0991234567 / +593981112233", "sin letras"),
        ("0991234567+0981112233", "un solo número"),
        ("+573001234567", "debe ser de Ecuador"),
        ("+1 202 555 0123", "debe ser de Ecuador"),
        ("+999123", "debe ser de Ecuador"),
        ("02 234 5678", "debe ser móvil"),
        ("0912345", "faltan dígitos"),
        ("012345678", "no existe en Ecuador"),
    ],
)
def test_a18_each_refusal_says_what_is_wrong(typed: str, says: str) -> None:
    with pytest.raises(InvalidPhone, match=says):
        normalise_mobile(typed)


def test_a18_a_mobile_range_newer_than_the_librarys_tables_is_accepted() -> None:
    assert normalise_mobile("0931234567") == "+593931234567"


@pytest.mark.parametrize(
    "typed", ["02 234 5678", "022345678", "22345678", "+593 2 234 5678", "(02) 234-5678"]
)
def test_a_contact_phone_may_be_a_landline(typed: str) -> None:
    assert normalise(typed) == "+59322345678"


def test_a_landline_without_its_area_code_is_refused_with_that_reason() -> None:
    with pytest.raises(InvalidPhone, match="código de provincia"):
        normalise("2345678")


def test_a4_the_tail_is_three_digits() -> None:
    assert tail("+593991234567") == "567"


@pytest.mark.parametrize(
    ("phone", "shown"),
    [("+593991234567", "099 123 4567"), ("+59322345678", "02 234 5678"), ("+573001234567", "+573001234567")],
)
def test_numbers_are_shown_as_written_in_ecuador(phone: str, shown: str) -> None:
    assert display(phone) == shown


def test_an_administrators_number_must_be_a_mobile() -> None:
    validate_mobile("+593991234567")
    with pytest.raises(ValidationError, match="móvil"):
        validate_mobile("+59322345678")
