"""Change an administrator's phone, e-mail or companies: confirmations and notices (S11).

The person who holds an administrator's phone can cancel the lines of the companies. So a new phone,
and a new company of an administrator, wait until another member of staff confirms them
(`STAFF_SECOND_PERSON`). The people affected are notified in the transaction that makes the change:
for a new phone or e-mail, the old phone and both addresses; for a new administrator, those that the
company already has; for a removal, the person removed.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from companies.models import Administration, Administrator, Company
from staff import contact_messages, rights_messages
from staff.models import ContactChange

Kind, State = ContactChange.Kind, ContactChange.State


class ChangeError(Exception):
    """Nothing was changed; the message is for staff."""


def needs_second_person(before: Administrator, after: Administrator) -> bool:
    """Return whether another member of staff must confirm the change: only if the phone changes.

    A new e-mail address alone gives access to nothing.
    """
    return settings.STAFF_SECOND_PERSON and before.phone != after.phone


def propose(before: Administrator, after: Administrator, user: User) -> ContactChange:
    """Record a change of contact as pending.

    Raises ChangeError while another one for the same person is pending.
    """
    try:
        with transaction.atomic():
            return _create(before, after, user, State.PENDING)
    except IntegrityError:
        raise ChangeError(
            _("Ya hay un cambio de contacto por confirmar de esta persona. Decídalo antes.")
        ) from None


def record_applied(before: Administrator, after: Administrator, user: User) -> ContactChange:
    """Record a change that the caller makes in the same transaction, and enqueue its notices."""
    change = _create(before, after, user, State.APPLIED)
    _enqueue_notices(change)
    return change


def confirm(change: ContactChange, user: User, reason: str = "") -> None:
    """Apply the change, once; `user` must not be the person who requested it.

    Raises ChangeError if it cannot be applied.
    """
    if change.requested_by_id == user.pk:
        raise ChangeError(_("Este cambio lo pidió usted: debe confirmarlo otra persona."))
    try:
        with transaction.atomic():
            _decide(change, State.APPLIED, user, reason)
            unchanged = Administrator.objects.filter(
                pk=change.administrator_id, phone=change.old_phone, email=change.old_email
            )
            if not unchanged.update(phone=change.new_phone, email=change.new_email):
                raise ChangeError(
                    _("Los datos de esta persona cambiaron desde que se pidió: rechace este cambio.")
                )
            if change.company and change.kind == Kind.GRANTED:
                Administration.objects.create(administrator=change.administrator, company=change.company)
            _enqueue_notices(change)
    except IntegrityError:
        phone_taken = _("El número nuevo ya es de otro administrador: rechace este cambio.")
        already_granted = _("Esta persona ya administra esa empresa: rechace este cambio.")
        raise ChangeError(already_granted if change.kind == Kind.GRANTED else phone_taken) from None


def grant(administration: Administration, user: User) -> ContactChange:
    """Make a person an administrator of a company: at once, or when a second person confirms it.

    Raises ChangeError while the same change is pending.
    """
    person, company = administration.administrator, administration.company
    if not settings.STAFF_SECOND_PERSON:
        administration.save()
        return _apply(person, user, Kind.GRANTED, company)
    try:
        with transaction.atomic():
            return _create(person, person, user, State.PENDING, kind=Kind.GRANTED, company=company)
    except IntegrityError:
        raise ChangeError(
            _("Ya se pidió que esta persona administre esa empresa. Falta confirmarlo.")
        ) from None


def revoke(administration: Administration, user: User) -> None:
    """End a person's right to a company at once: the company may no longer trust the person."""
    administration.delete()
    _apply(administration.administrator, user, Kind.REVOKED, administration.company)


def record_activity(person: Administrator, user: User) -> None:
    """Record that the caller has activated or deactivated a person, and enqueue the notices.

    Both happen in one transaction. An activation needs no second person: two people confirmed this
    phone and these companies before.
    """
    _apply(person, user, Kind.ACTIVATED if person.is_active else Kind.DEACTIVATED)


def reject(change: ContactChange, user: User, reason: str) -> None:
    """Reject a pending change; the person who requested it may do so too.

    Raises ChangeError if it was already confirmed or rejected.
    """
    _decide(change, State.REJECTED, user, reason)


def _apply(
    person: Administrator, user: User, kind: ContactChange.Kind, company: Company | None = None
) -> ContactChange:
    change = _create(person, person, user, State.APPLIED, kind=kind, company=company)
    _enqueue_notices(change)
    return change


def _enqueue_notices(change: ContactChange) -> None:
    messages = contact_messages if change.kind == Kind.CONTACT else rights_messages
    messages.enqueue_notices(change)


def _create(
    before: Administrator, after: Administrator, user: User, state: ContactChange.State, **values: Any
) -> ContactChange:
    return ContactChange.objects.create(
        administrator=after,
        old_phone=str(before.phone),
        new_phone=str(after.phone),
        old_email=before.email,
        new_email=after.email,
        state=state,
        requested_by=user,
        requested_at=timezone.now(),
        **values,
    )


def _decide(change: ContactChange, state: ContactChange.State, user: User, reason: str) -> None:
    pending = ContactChange.objects.filter(pk=change.pk, state=State.PENDING)
    if not pending.update(state=state, decided_by=user, decided_at=timezone.now(), reason=reason):
        raise ChangeError(_("Este cambio ya se había decidido."))
