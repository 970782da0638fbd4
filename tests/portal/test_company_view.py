"""The company picker: one of several companies, never another administrator's (A6, R6.11)."""

import pytest

from tests import cast
from tests.tickets.portal_client import COMPANY, REQUEST, text_of, visitor

pytestmark = pytest.mark.django_db


def test_a6_with_one_company_there_is_nothing_to_pick() -> None:
    assert visitor(cast.ana()).get(COMPANY)["Location"] == REQUEST


def test_a6_with_several_the_form_waits_for_the_choice() -> None:
    client = visitor(cast.ana(cast.make_company("Primera"), cast.make_company("Segunda")))
    assert client.get(REQUEST)["Location"] == COMPANY
    page = text_of(client.get(COMPANY))
    assert "Primera" in page
    assert "Segunda" in page


def test_a6_the_form_is_for_the_company_picked() -> None:
    first, second = cast.make_company("Primera"), cast.make_company("Segunda")
    client = visitor(cast.ana(first, second))
    answer = client.post(COMPANY, {"company": second.pk})
    assert (answer.status_code, answer["Location"]) == (303, REQUEST)
    shown = client.get(REQUEST)
    assert shown.context["company"] == second
    assert shown.context["several_companies"] is True


@pytest.mark.parametrize("posted", ["", "0", "999999", "x", "1\x00", "9" * 400])
def test_an_impossible_company_is_refused(posted: str) -> None:
    client = visitor(cast.ana(cast.make_company(), cast.make_company("Otra")))
    answer = client.post(COMPANY, {"company": posted})
    assert answer.status_code == 422
    assert "Elija una" in text_of(answer)
    assert client.get(REQUEST)["Location"] == COMPANY


def test_r6_11_another_administrators_company_is_refused() -> None:
    theirs = cast.make_company("De Bruno")
    cast.bruno(theirs)
    client = visitor(cast.ana(cast.make_company(), cast.make_company("Otra")))
    answer = client.post(COMPANY, {"company": theirs.pk})
    assert answer.status_code == 422
    assert "De Bruno" not in text_of(answer)
    assert client.get(REQUEST)["Location"] == COMPANY


def test_r6_11_a_company_withdrawn_after_it_was_picked_is_forgotten() -> None:
    first, second, third = (cast.make_company(name) for name in ("Primera", "Segunda", "Tercera"))
    ana = cast.ana(first, second, third)
    client = visitor(ana)
    client.post(COMPANY, {"company": second.pk})
    ana.companies.remove(second)
    assert client.get(REQUEST)["Location"] == COMPANY


def test_a6_with_one_company_left_of_two_the_form_is_for_that_one() -> None:
    first, second = cast.make_company("Primera"), cast.make_company("Segunda")
    ana = cast.ana(first, second)
    client = visitor(ana)
    client.post(COMPANY, {"company": second.pk})
    ana.companies.remove(second)
    shown = client.get(REQUEST)
    assert (shown.context["company"], shown.context["several_companies"]) == (first, False)


def test_leaving_forgets_the_choice() -> None:
    first, second = cast.make_company("Primera"), cast.make_company("Segunda")
    client = visitor(cast.ana(first, second))
    client.post(COMPANY, {"company": second.pk})
    client.post("/fidelizacion/salir/")
    assert "portal.company" not in client.session
