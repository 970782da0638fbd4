"""The permissions of each role at the desk (R5.06); `setup_groups` creates a group for each."""

from collections.abc import Iterable

from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet

# Days that are added to the law's calendar or taken from it (F8)
CALENDAR = (
    "tickets.view_calendarday",
    "tickets.add_calendarday",
    "tickets.change_calendarday",
    "tickets.delete_calendarday",
)
ADVISOR = (
    "tickets.view_ticket",
    "tickets.change_ticket",  # the desk has forms for the status and a missing date only (R5.07)
    "tickets.view_attachment",
    "tickets.view_personal_data",  # who takes a line, and answers marked personal (F4)
    "tickets.view_ticketevent",
    "tickets.view_requesttype",
    "tickets.view_reason",
    "tickets.view_area",
    "tickets.view_requestfield",
    "tickets.view_requireddocument",
    "tickets.view_calendarday",
    "companies.view_company",
    "companies.view_billingaccount",
    "companies.view_serviceline",
    "companies.view_administrator",
    "companies.view_administration",
    "notifications.view_message",
    "notifications.resend_message",
    "notifications.preview_message",
    "otp.view_invitation",
    # To send the link to an administrator who asks for it on the phone
    "otp.add_invitation",
)
# Companies, lines, request types and questions can be retired but not deleted, because tickets
# refer to them. Staff can delete: an administrator's right to a company, which must end at once
# when the company no longer trusts the person; a reason that no ticket uses; a required document
# and a day of the calendar, because nothing refers to them.
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
    "notifications.redirect_message",  # sends customer data to an address that the user types
    "tickets.add_area",
    "tickets.change_area",
    "tickets.add_requesttype",
    "tickets.change_requesttype",
    "tickets.add_reason",
    "tickets.change_reason",
    "tickets.delete_reason",
    "tickets.add_requestfield",  # retired, never deleted
    "tickets.change_requestfield",
    "tickets.add_requireddocument",
    "tickets.change_requireddocument",
    "tickets.delete_requireddocument",
    *(name for name in CALENDAR if name != "tickets.view_calendarday"),
    "tickets.view_attachmentevent",
    "operations.view_heartbeat",  # the operations page
    "otp.view_phonelockout",
    "otp.change_phonelockout",  # allows the action that ends a wait after wrong codes
    "otp.view_auditevent",
    "staff.view_signinevent",
    "staff.view_contactchange",
    "staff.confirm_contactchange",  # only those that another person requested (S11)
    "otp.view_networkswitch",
    "otp.change_networkswitch",
)
# An auditor reads everything that a supervisor reads, and changes nothing
AUDITOR = (
    *(name for name in SUPERVISOR if name.partition(".")[2].startswith("view_")),
    "notifications.preview_message",
)
# Operations staff see metrics, previews of messages with invented data, the switch of network
# identity and the calendar; they see no customer data
OPERATIONS = (
    *CALENDAR,
    "operations.view_heartbeat",
    "notifications.preview_message",
    "otp.view_networkswitch",
    "otp.change_networkswitch",
)


def permissions(names: Iterable[str]) -> QuerySet[Permission]:
    """Return the permissions with these names, each `app_label.codename`."""
    wanted = Q()
    for name in names:
        app_label, _dot, codename = name.partition(".")
        wanted |= Q(content_type__app_label=app_label, codename=codename)
    return Permission.objects.filter(wanted)
