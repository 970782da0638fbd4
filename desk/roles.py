"""What each role may do at the desk, in one place (R5.06). `setup_groups` makes a group of each."""

from collections.abc import Iterable

from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet

ADVISOR = (
    "tickets.view_ticket",
    "tickets.change_ticket",  # changes of status only: the desk offers no form for anything else (R5.07)
    "tickets.view_attachment",
    "tickets.view_ticketevent",
    "tickets.view_requesttype",
    "tickets.view_reason",
    "tickets.view_area",
    "companies.view_company",
    "companies.view_billingaccount",
    "companies.view_serviceline",
    "companies.view_administrator",
    "companies.view_administration",
    "notifications.view_message",
    "notifications.resend_message",
    "notifications.preview_message",
    "otp.view_invitation",
    # Sending the link from the list of administrators: a customer on the phone asks for it
    "otp.add_invitation",
)
# Companies, lines and request types are retired or imported, never deleted by hand: history hangs
# on them. Whom a company no longer trusts must lose it at once, so that alone can be deleted,
# besides a reason nobody has used.
SUPERVISOR = (
    *ADVISOR,
    "companies.add_company",
    "companies.change_company",
    "companies.add_billingaccount",
    "companies.change_billingaccount",
    "companies.add_serviceline",
    "companies.change_serviceline",
    "companies.add_administrator",
    "companies.change_administrator",
    "companies.add_administration",
    "companies.change_administration",
    "companies.delete_administration",
    "notifications.redirect_message",  # it takes a customer's data to an address of the sender's choice
    "tickets.add_area",
    "tickets.change_area",
    "tickets.add_requesttype",
    "tickets.change_requesttype",
    "tickets.add_reason",
    "tickets.change_reason",
    "tickets.delete_reason",
    "tickets.view_attachmentevent",
    "operations.view_heartbeat",  # the page of operations
    "otp.view_phonelockout",
    "otp.change_phonelockout",  # lifting the wait only: the desk offers no form
    "otp.view_auditevent",
    "staff.view_signinevent",
    "staff.view_contactchange",
    "staff.confirm_contactchange",  # changes that another person requested (S11)
    "otp.view_networkswitch",
    "otp.change_networkswitch",
)
# Reads all that a supervisor can, and changes nothing
AUDITOR = (
    *(name for name in SUPERVISOR if name.partition(".")[2].startswith("view_")),
    "notifications.preview_message",
)
# Keeps the product running: its figures, its mails with invented data, the switch of the network.
# No customer's data
OPERATIONS = (
    "operations.view_heartbeat",
    "notifications.preview_message",
    "otp.view_networkswitch",
    "otp.change_networkswitch",
)


def permissions(names: Iterable[str]) -> QuerySet[Permission]:
    """The rows of these permissions, written `app.codename`."""
    wanted = Q()
    for name in names:
        app_label, _dot, codename = name.partition(".")
        wanted |= Q(content_type__app_label=app_label, codename=codename)
    return Permission.objects.filter(wanted)
