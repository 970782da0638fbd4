"""What must hold whatever died (I1-I5): asked in SQL, and of what
the mail server really received.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.faults.ledger import Ledger, seconds
from tests.faults.sink import Mail

EXPECTED = """
    SELECT t.number, 'ticket:' || t.number || ':client' FROM tickets_ticket t
    UNION SELECT t.number, 'ticket:' || t.number || ':advisor' FROM tickets_ticket t
    UNION SELECT t.number, 'ticket:' || t.number || ':area:' || a.id FROM tickets_ticket t
        JOIN tickets_requesttype_areas l ON l.requesttype_id = t.request_type_id
        JOIN tickets_area a ON a.id = l.area_id AND a.is_active
"""
OWED = """
    SELECT dedup_key, message_id, subject_ref, created_at FROM notifications_message WHERE channel = 'email'
"""
UNPROVED = (
    "SELECT count(*) FROM notifications_message WHERE state IN ('sent', 'delivered') AND sent_at IS NULL"
)
UNFINISHED = (
    "SELECT count(*) FROM notifications_message WHERE subject_ref LIKE 'ticket:%' AND state <> 'sent'"
)


@dataclass
class Findings:
    """What was found. All but `extra` are always wrong."""

    tickets: int = 0
    wrong_kinds: list[str] = field(default_factory=list)  # I1
    unproved: int = 0  # I2
    unfinished: int = 0  # I3, and stricter: nothing is owed any more, nothing was given up
    lost: list[str] = field(default_factory=list)  # I4
    extra: int = 0  # I4
    unexpected: list[str] = field(default_factory=list)  # I5
    altered: list[str] = field(default_factory=list)  # a repetition that reads differently (R4.07)
    slowest: float = 0.0  # seconds from the message's row to its first arrival

    def wrong(self) -> list[str]:
        """In words; empty when all holds."""
        found = {
            "tickets without exactly their messages": self.wrong_kinds,
            "sent without a time": self.unproved,
            "not sent": self.unfinished,
            "lost": self.lost,
            "unexpected": self.unexpected,
            "repeated otherwise than sent": self.altered,
        }
        return [f"{what}: {which}" for what, which in found.items() if which]


def unfinished(ledger: Ledger) -> int:
    """Messages of tickets that are not sent yet, or never will be."""
    return ledger.number(UNFINISHED)


def check(ledger: Ledger, mails: Iterable[Mail]) -> Findings:
    arrived: dict[str, list[Mail]] = defaultdict(list)
    for mail in mails:
        arrived[mail.message_id].append(mail)
    expected = {str(key) for _number, key in ledger.rows(EXPECTED)}
    owed = ledger.rows(OWED)
    # Alarms, digests and test messages are no ticket's
    of_tickets = [row for row in owed if str(row[2]).startswith("ticket:")]
    findings = Findings(
        tickets=ledger.number("SELECT count(*) FROM tickets_ticket"),
        wrong_kinds=sorted(expected ^ {str(row[0]) for row in of_tickets}),
        unproved=ledger.number(UNPROVED),
        unfinished=unfinished(ledger),
        unexpected=sorted(arrived.keys() - {str(row[1]) for row in owed}),
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
