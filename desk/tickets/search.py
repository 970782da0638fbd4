"""Search tickets at the desk by what a customer on the phone knows: the ticket's number, a phone,
RUC or cédula, e-mail address, the company's name, or that of a person without one.
"""

from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from companies.search_terms import contains_words, phone_of, tax_id_starts
from tickets.models import Ticket
from tickets.references import parse_number


def search(tickets: QuerySet[Any], raw: str) -> QuerySet[Any]:
    """Filter by the term. A term such as 0912345678 may be a mobile number or a cédula, and finds
    the tickets of both.
    """
    term = raw.strip()
    if "@" in term:
        same = Ticket.objects.alias(email_lower=Lower("email")).filter(email_lower=term.lower())
        return tickets.filter(pk__in=same.order_by().values("pk"))
    conditions: list[Q] = []  # each is answered by one index
    if number := parse_number(term):
        conditions.append(Q(number=number))
    if phone := phone_of(term):
        conditions += [Q(verified_phone=phone), Q(contact_phone=phone)]
    if tax_id := tax_id_starts("company_tax_id", term):
        conditions.append(tax_id)
    if not conditions:
        of_company = contains_words("company_name", term)
        # Requests without a company are found by the person's name (D7)
        of_person = Q(company=None) & contains_words("requester_name", term)
        conditions = [of_company, of_person]
    # A union of keys, because with one OR the database would scan the whole table in the list's
    # order
    first, *others = [Ticket.objects.filter(each).order_by().values("pk") for each in conditions]
    return tickets.filter(pk__in=first.union(*others) if others else first)
