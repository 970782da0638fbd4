"""No link at the desk leads to a page that its reader has no permission for (P9)."""

from collections import Counter
from collections.abc import Callable
from urllib.parse import urljoin

import pytest
from django.contrib.auth.models import User
from django.urls import resolve

from notifications.models import Message
from otp import unlock
from staff.models import SignInEvent
from tests import cast
from tests.desk.desk import advisor, signed_in, soup, supervisor
from tests.staff.test_sign_in import WRONG, sign_in
from tests.tickets.portal_client import filled_form, pdf, visitor
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
SAME_VIEW = 3  # URLs of one view that are opened: more lines and messages show nothing new


@pytest.mark.parametrize("make_user", [advisor, supervisor])
def test_every_link_of_every_page_may_be_opened(make_user: Callable[[], User]) -> None:
    user = make_user()
    filled_form(visitor(cast.ana(cast.make_company(advisor=user)))).post(attachments=pdf())
    unlock.unlock(cast.ANA_PHONE, user=user)
    sign_in(signed_in(user), WRONG, username=user.get_username())
    assert SignInEvent.objects.exists()
    assert Message.objects.exists()
    client = signed_in(user)
    to_open, opened, refused = ["/admin/"], set[str](), {}
    views = Counter[str]()
    while to_open:
        page = to_open.pop(0)
        view = resolve(page).view_name
        if page in opened or page.endswith("/jsi18n/") or views[view] == SAME_VIEW:
            continue
        opened.add(page)
        views[view] += 1
        response = client.get(page)
        if response.status_code == 403:
            refused[page] = response.request["PATH_INFO"]
        if response.status_code != 200 or not str(response.headers.get("Content-Type")).startswith(
            "text/html"
        ):
            continue
        links = [
            urljoin(page, str(link["href"])).partition("#")[0] for link in soup(response).select("a[href]")
        ]
        to_open += [link for link in links if link.startswith("/admin/") and "?" not in link]
    assert len(opened) > 20
    assert refused == {}


@pytest.mark.parametrize("same", [True, False])
def test_the_ticket_shows_that_its_address_is_not_the_registered_one(same: bool) -> None:
    form = filled_form(visitor(cast.ana()))
    form.post(email="ana@acme.example" if same else "otra@acme.example")
    page = soup(
        signed_in(advisor()).get(f"/admin/tickets/ticket/{Ticket.objects.get().pk}/change/")
    ).get_text(" ")
    assert (
        "es distinto del registrado. Avisamos también a ana@acme.example" in " ".join(page.split())
    ) is not same
