"""Notices that an administrator of a company was added or removed (S11).

An addition is notified to the company's other administrators, and a removal to the person removed.
So taking over a company is noticed, whether by adding a person or by removing the others.
"""

from collections.abc import Iterable

from django.conf import settings

from companies.models import Administrator, Company
from companies.phones import tail
from notifications import outbox
from otp import sms
from staff.models import ContactChange

MAIL, SMS = "administrator_changed", "administrator_added_sms"  # message types
REMOVAL_SMS = "contact_changed_sms"  # its text says that the number has lost its right to the company
ADDED = {ContactChange.Kind.GRANTED, ContactChange.Kind.ACTIVATED}


def enqueue_notices(change: ContactChange) -> None:
    """Enqueue the notices in the caller's transaction."""
    person = change.administrator
    companies = [change.company] if change.company else list(person.companies.all())
    for company in companies:
        if change.kind in ADDED:
            others = company.administrators.filter(is_active=True).exclude(pk=person.pk)
            _enqueue(change, company, others, SMS, sms.administrator_added())
        else:
            _enqueue(change, company, [person], REMOVAL_SMS, sms.contact_changed())


def context(change: ContactChange, company: Company) -> dict[str, object]:
    """Return the context of the e-mail's templates."""
    person = change.administrator
    added = change.kind in ADDED
    return {
        "added": added,
        "names": person.names,
        "tail": tail(change.new_phone),
        "company": company.legal_name,
    }


def sample() -> dict[str, object]:
    """Return the context of an invented change, for the preview at the desk."""
    person = Administrator(names="Luis Paz")
    change = ContactChange(kind=ContactChange.Kind.GRANTED, administrator=person, new_phone="+593987654321")
    return context(change, Company(legal_name="Acme del Ecuador S. A."))


def _enqueue(
    change: ContactChange, company: Company, people: Iterable[Administrator], kind: str, text: str
) -> None:
    reference = f"contact:{change.pk}"
    for person in people:
        key = f"{reference}:{company.pk}:{person.pk}"
        outbox.enqueue_sms(
            dedup_key=f"{key}:sms", subject_ref=reference, kind=kind, to=str(person.phone), text=text
        )
        outbox.enqueue_email(
            dedup_key=f"{key}:email",
            subject_ref=reference,
            kind=MAIL,
            context=context(change, company),
            to=person.email,
            reply_to=settings.POSTVENTA_EMAIL,
        )
