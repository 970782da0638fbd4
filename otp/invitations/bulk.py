"""Invites everyone on a list, in one short transaction per person, and yields the results."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from companies.models import Administrator
from companies.phones import tail
from otp.invitations import invitations, recipients
from otp.invitations.invitations import Channel, InvitationRefused, Refusal
from otp.invitations.recipients import ListEntry


@dataclass(frozen=True)
class InvitationResult:
    """The result for one person, or for an entry that matches no person. It holds only the last
    digits of a number (R5.14).
    """

    place: int  # of the entry, from 1
    phone_tail: str = ""
    refusal: Refusal | None = None
    problem: str = ""  # why the entry could not be read


def run(
    entries: Sequence[ListEntry], channel: Channel, *, actor: str, dry_run: bool
) -> Iterator[list[InvitationResult]]:
    """Invite the people of each entry, each person once.

    Yields the results of one entry after its transactions are committed. A dry run writes nothing
    and yields the results that a run would have now.
    """
    seen: set[str] = set()
    for entry in entries:
        recipients_of_entry = recipients.find(entry)
        results = [
            InvitationResult(entry.place, tail(phone), refusal, entry.problem)
            for phone, refusal in recipients_of_entry.refused
        ]
        for administrator in recipients_of_entry.administrators:
            phone = str(administrator.phone)
            refusal = (
                Refusal.REPEATED if phone in seen else _invite(administrator, channel, actor, dry_run=dry_run)
            )
            seen.add(phone)
            results.append(InvitationResult(entry.place, tail(phone), refusal))
        yield results


def _invite(administrator: Administrator, channel: Channel, actor: str, *, dry_run: bool) -> Refusal | None:
    if dry_run:
        return invitations.refusal(administrator, channel)
    try:
        invitations.invite(administrator, channel, actor=actor)
    except InvitationRefused as error:
        return error.refusal
    return None
