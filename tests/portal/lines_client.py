"""A company with lines, and the request form as its administrator fills it in."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from companies.models import BillingAccount, Company, ServiceLine
from tests import cast
from tests.tickets.portal_client import REQUEST, Filled, fields_of, filled_form, visitor
from tickets.lines import template
from tickets.lines.template import TemplateLine
from tickets.models import RequestType, TicketLine


def company(*numbers: str) -> Company:
    """Create a company with these lines in the first of its two accounts."""
    made = cast.make_company(lines=0, cut_days=(15, 28))
    account = BillingAccount.objects.filter(company=made).order_by("number")[0]
    ServiceLine.objects.bulk_create(ServiceLine(account=account, number=number) for number in numbers)
    return made


def form_of(made: Company, **changes: Any) -> Filled:
    """Open the form of a type that asks for lines and allows prepaid, and fill it in."""
    client = visitor(cast.ana(made))
    RequestType.objects.update(asks_lines=True, allows_prepaid=True)
    return filled_form(client, **{"details": "", **changes})


def again(client: Client, response: Any, **changes: Any) -> Any:
    """Post the form of the shown page, with these changes."""
    return client.post(REQUEST, {**fields_of(response), **changes})


def asked() -> list[tuple[str, str]]:
    return list(TicketLine.objects.order_by("position").values_list("number", "action"))


def sheet(*lines: TemplateLine) -> SimpleUploadedFile:
    return SimpleUploadedFile("lista.xlsx", template.build(lines))
