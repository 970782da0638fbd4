"""Invites Ana and reads the link's token from the message, the only place that holds it."""

import re

from companies.models import Administrator
from notifications.models import Message
from otp.invitations import invitations
from otp.invitations.invitations import Channel
from otp.models import Invitation
from tests import cast

LINK = re.compile(r"http://127\.0\.0\.1:8000(/fidelizacion/\?i=(\w+))")


def invited(channel: Channel = Channel.SMS) -> str:
    """Invite Ana, whom it creates if she is missing, and return the token of her link."""
    administrator = Administrator.objects.filter(phone=cast.ANA_PHONE).first() or cast.ana()
    return token_of(invitations.invite(administrator, channel, actor="tests"))


def token_of(invitation: Invitation) -> str:
    found = LINK.search(Message.objects.get(subject_ref=f"invitation:{invitation.pk}").text)
    assert found
    return found[2]


def address(token: str) -> str:
    return f"/fidelizacion/?i={token}"
