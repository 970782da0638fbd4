"""Finding a ticket at the desk by what the caller can tell: its number, a phone, RUC or cédula,
e-mail, the company.
"""

from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from companies.search_terms import contains_words, phone_of, tax_id_starts
from tickets.models import Ticket
from tickets.references import parse_number


def search(tickets: QuerySet[Any], raw: str) -> QuerySet[Any]:
    """Tickets that the term names. A term with several readings (0912345678: a mobile, a cédula)
    gets all of them.
    """
    term = raw.strip()
    if "@" in term:
        same = Ticket.objects.alias(email_lower=Lower("email")).filter(email_lower=term.lower())
        return tickets.filter(pk__in=same.order_by().values("pk"))
    readings = _readings(term)
    if not readings:
        return tickets.filter(contains_words("company_name", term))
    # Keys first: one OR beside the list's own ordering makes a database walk the whole table
    # backwards
    numbers = Ticket.objects.filter(readings[0]).order_by().values("pk")
    others = [Ticket.objects.filter(reading).order_by().values("pk") for reading in readings[1:]]
    return tickets.filter(pk__in=numbers.union(*others) if others else numbers)


def _readings(term: str) -> list[Q]:
    """One condition a kind of term, each answered by one index; none for words."""
    found: list[Q] = []
    if number := parse_number(term):
        found.append(Q(number=number))
    if phone := phone_of(term):
        found += [Q(verified_phone=phone), Q(contact_phone=phone)]
    if tax_id := tax_id_starts("company_tax_id", term):
        found.append(tax_id)
    return found
