"""Invites everybody on a list, one short transaction a person,
and tells of each what became of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from companies.models import Administrator
from companies.phones import tail
from otp.invitations import invitations, recipients
from otp.invitations.invitations import Channel, InvitationRefused, Refusal
from otp.invitations.recipients import Recipient


@dataclass(frozen=True)
class InvitationResult:
    """What became of one person, or of one entry that stands for nobody. Of a number there are the
    last digits.
    """

    place: int
    phone_tail: str = ""
    refusal: Refusal | None = None
    problem: str = ""  # what is wrong with an entry that could not be read


def run(
    entries: Sequence[Recipient], channel: Channel, *, actor: str, dry_run: bool
) -> Iterator[list[InvitationResult]]:
    """Invite whom the entries stand for, each person once. Yields after each entry, when what it
    did is committed.

    A dry run reads and writes nothing: it tells what would be sent now.
    """
    seen: set[str] = set()
    for entry in entries:
        found = recipients.find(entry)
        outcomes = [
            InvitationResult(entry.place, tail(phone), refusal, entry.problem)
            for phone, refusal in found.refused
        ]
        for administrator in found.administrators:
            phone = str(administrator.phone)
            refusal = (
                Refusal.REPEATED if phone in seen else _invite(administrator, channel, actor, dry_run=dry_run)
            )
            seen.add(phone)
            outcomes.append(InvitationResult(entry.place, tail(phone), refusal))
        yield outcomes


def _invite(administrator: Administrator, channel: Channel, actor: str, *, dry_run: bool) -> Refusal | None:
    if dry_run:
        return invitations.refusal(administrator, channel)
    try:
        invitations.invite(administrator, channel, actor=actor)
    except InvitationRefused as refused:
        return refused.refusal
    return None
