"""Changing the phone or e-mail of an administrator: confirmed by a second person, and told to the person (S11).

Whoever has the phone cancels a company's lines. So a new phone waits until another member of staff confirms it
(`STAFF_SECOND_PERSON`), and the old phone and both addresses are told in the transaction in which it changes.
"""

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from companies.models import Administrator
from staff import contact_messages
from staff.models import ContactChange

State = ContactChange.State


class ChangeError(Exception):
    """Nothing was changed; the message is for staff."""


def needs_second_person(before: Administrator, after: Administrator) -> bool:
    """An e-mail address alone opens nothing: its change is told and waits for nobody."""
    return settings.STAFF_SECOND_PERSON and before.phone != after.phone


def propose(before: Administrator, after: Administrator, user: User) -> ContactChange:
    """Keep the change until it is confirmed. Raises ChangeError while another one of the same person waits."""
    try:
        with transaction.atomic():
            return _create(before, after, user, State.PENDING)
    except IntegrityError:
        raise ChangeError(_("Ya hay un cambio de contacto por confirmar de esta persona. Decídalo antes.")) from None


def record_applied(before: Administrator, after: Administrator, user: User) -> ContactChange:
    """Record a change that the caller makes in the same transaction, and enqueue its notices."""
    change = _create(before, after, user, State.APPLIED)
    contact_messages.enqueue_notices(change)
    return change


def confirm(change: ContactChange, user: User, reason: str = "") -> None:
    """Make the change, once, by somebody else than who asked for it. Raises ChangeError, changing nothing."""
    if change.requested_by_id == user.pk:
        raise ChangeError(_("Este cambio lo pidió usted: debe confirmarlo otra persona."))
    try:
        with transaction.atomic():
            _decide(change, State.APPLIED, user, reason)
            unchanged = Administrator.objects.filter(
                pk=change.administrator_id, phone=change.old_phone, email=change.old_email
            )
            if not unchanged.update(phone=change.new_phone, email=change.new_email):
                raise ChangeError(_("Los datos de esta persona cambiaron desde que se pidió: rechace este cambio."))
            contact_messages.enqueue_notices(change)
    except IntegrityError:
        raise ChangeError(_("El número nuevo ya es de otro administrador: rechace este cambio.")) from None


def reject(change: ContactChange, user: User, reason: str) -> None:
    """Drop the change; who asked for it may withdraw it so. Raises ChangeError where it was decided already."""
    _decide(change, State.REJECTED, user, reason)


def _create(before: Administrator, after: Administrator, user: User, state: State) -> ContactChange:
    return ContactChange.objects.create(
        administrator=after,
        old_phone=str(before.phone),
        new_phone=str(after.phone),
        old_email=before.email,
        new_email=after.email,
        state=state,
        requested_by=user,
        requested_at=timezone.now(),
    )


def _decide(change: ContactChange, state: State, user: User, reason: str) -> None:
    pending = ContactChange.objects.filter(pk=change.pk, state=State.PENDING)
    if not pending.update(state=state, decided_by=user, decided_at=timezone.now(), reason=reason):
        raise ChangeError(_("Este cambio ya se había decidido."))
