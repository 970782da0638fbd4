"""Check what must hold after any fault (I1-I5), in the database and in the mails that the mail
server accepted.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.faults.database import Database, seconds
from tests.faults.sink import Mail

EXPECTED = """
    SELECT t.number, 'ticket:' || t.number || ':client' FROM tickets_ticket t
    UNION SELECT t.number, 'ticket:' || t.number || ':advisor' FROM tickets_ticket t
    UNION SELECT t.number, 'ticket:' || t.number || ':area:' || a.id FROM tickets_ticket t
        JOIN tickets_requesttype_areas l ON l.requesttype_id = t.request_type_id
        JOIN tickets_area a ON a.id = l.area_id AND a.is_active
"""
EMAILS = """
    SELECT dedup_key, message_id, subject_ref, created_at FROM notifications_message WHERE channel = 'email'
"""
SENT_WITHOUT_TIME = (
    "SELECT count(*) FROM notifications_message WHERE state IN ('sent', 'delivered') AND sent_at IS NULL"
)
UNSENT = "SELECT count(*) FROM notifications_message WHERE subject_ref LIKE 'ticket:%' AND state <> 'sent'"


@dataclass
class Findings:
    """The result of a check. Everything except `tickets`, `extra` and `slowest` must be empty or
    zero.
    """

    tickets: int = 0
    wrong_messages: list[str] = field(default_factory=list)  # I1: missing from a ticket, or too many
    without_time: int = 0  # I2
    unsent: int = 0  # I3, and stricter: no message is pending or has failed
    lost: list[str] = field(default_factory=list)  # I4: sent, and not at the mail server
    extra: int = 0  # I4: mails that arrived again, which a kill may cause
    unexpected: list[str] = field(default_factory=list)  # I5: mails without a row
    altered: list[str] = field(default_factory=list)  # repeats with another content (R4.07)
    slowest: float = 0.0  # seconds from the creation of a message to its first arrival

    def wrong(self) -> list[str]:
        """Return the broken invariants as text; empty when all hold."""
        found = {
            "tickets without exactly their messages": self.wrong_messages,
            "sent without a time": self.without_time,
            "not sent": self.unsent,
            "lost": self.lost,
            "unexpected": self.unexpected,
            "repeated otherwise than sent": self.altered,
        }
        return [f"{what}: {which}" for what, which in found.items() if which]


def count_unsent(database: Database) -> int:
    """Return how many messages of tickets are pending or have failed."""
    return database.number(UNSENT)


def check(database: Database, mails: Iterable[Mail]) -> Findings:
    """Compare the database with the mails that the mail server accepted."""
    arrived: dict[str, list[Mail]] = defaultdict(list)
    for mail in mails:
        arrived[mail.message_id].append(mail)
    expected = {str(key) for _number, key in database.rows(EXPECTED)}
    emails = database.rows(EMAILS)
    # Alarms, digests and test messages do not belong to a ticket
    of_tickets = [row for row in emails if str(row[2]).startswith("ticket:")]
    findings = Findings(
        tickets=database.number("SELECT count(*) FROM tickets_ticket"),
        wrong_messages=sorted(expected ^ {str(row[0]) for row in of_tickets}),
        without_time=database.number(SENT_WITHOUT_TIME),
        unsent=count_unsent(database),
        unexpected=sorted(arrived.keys() - {str(row[1]) for row in emails}),
    )
    for key, message_id, _reference, created_at in of_tickets:
        came = arrived.get(str(message_id), [])
        if not came:
            findings.lost.append(str(key))
            continue
        findings.extra += len(came) - 1
        findings.slowest = max(findings.slowest, came[0].at - seconds(created_at))
        if len(Counter(mail.content for mail in came)) > 1:
            findings.altered.append(str(key))
    return findings
