"""Notices of a changed phone or e-mail, to the old phone and to both e-mail addresses (S11)."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from companies.models import Administrator
from companies.phones import tail
from notifications import outbox
from otp import sms
from staff.models import ContactChange

MAIL, SMS = "contact_changed", "contact_changed_sms"  # message types


@dataclass(frozen=True)
class ChangedValue:
    """One changed value, masked because the notice may reach a stranger."""

    label: str
    before: str
    after: str


def enqueue_notices(change: ContactChange) -> None:
    """Enqueue the notices in the caller's transaction."""
    reference = f"contact:{change.pk}"
    if change.moves_phone:
        outbox.enqueue_sms(
            dedup_key=f"{reference}:sms",
            subject_ref=reference,
            kind=SMS,
            to=change.old_phone,
            text=sms.contact_changed(),
        )
    addresses = {"old": change.old_email, "new": change.new_email}
    if change.old_email.casefold() == change.new_email.casefold():
        del addresses["new"]
    for version, to in addresses.items():
        outbox.enqueue_email(
            dedup_key=f"{reference}:{version}",
            subject_ref=reference,
            kind=MAIL,
            context=context(change),
            to=to,
            reply_to=settings.POSTVENTA_EMAIL,
        )


def context(change: ContactChange) -> dict[str, object]:
    """Return the context of the e-mail's templates."""
    rows = []
    if change.moves_phone:
        ends = _("terminado en %s")
        rows.append(
            ChangedValue(_("Número móvil"), ends % tail(change.old_phone), ends % tail(change.new_phone))
        )
    if change.moves_email:
        rows.append(
            ChangedValue(_("Correo electrónico"), _masked(change.old_email), _masked(change.new_email))
        )
    return {"names": change.administrator.names, "rows": rows}


def sample() -> dict[str, object]:
    """Return the context of an invented change, for the preview at the desk."""
    return context(
        ContactChange(
            administrator=Administrator(names="Ana Pérez"),
            old_phone="+593991234567",
            new_phone="+593987654321",
            old_email="ana@empresa.example",
            new_email="aperez@empresa.example",
        )
    )


def _masked(email: str) -> str:
    name, _at, domain = email.partition("@")
    return f"{name[:1]}…@{domain}"
