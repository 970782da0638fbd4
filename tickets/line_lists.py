"""Lists of lines of forms that are not confirmed yet, stored on the server under the form's key.

The rows are stored as written and matched with the present directory at each use, so that a line
cancelled after the review is found before the request is registered (A22).
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.utils import timezone

from companies.models import Company, ServiceLine
from tickets.lines import problems
from tickets.lines.numbers import service_key
from tickets.lines.problems import Code
from tickets.lines.rows import Column, Doubt, Layout, ListRow, Reading
from tickets.lines.understand import KnownLine, Understanding, UnderstoodRow, understand
from tickets.models import LineList, RequestType, Ticket, TicketLine

KEEP_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RequestedLine:
    """A line of the company and the requested action, as a ticket stores them."""

    number: str
    account: str
    service_line: int
    action: str
    holder_tax_id: str
    holder_name: str

    @property
    def content(self) -> list[str]:
        """The values that digests compare."""
        return [self.account, self.number, self.action, self.holder_tax_id, self.holder_name]


@dataclass(frozen=True)
class KeptList:
    """The rows of a form's list as written: those of a text or a file, then the picked lines."""

    source: str = ""  # the sheet's name; empty for typed text
    text_digest: str = ""
    notices: tuple[str, ...] = ()
    rows: tuple[ListRow, ...] = ()


@dataclass(frozen=True)
class UnderstoodList:
    """A stored list, matched with the directory as it is now."""

    kept: KeptList = KeptList()
    understanding: Understanding = field(default_factory=lambda: Understanding(()))

    @cached_property
    def lines(self) -> list[RequestedLine]:
        """The requested lines, in the order of the list."""
        return [
            RequestedLine(
                line.number,
                line.account,
                line.pk,
                str(row.action),
                row.id_number,
                row.name,
            )
            for row in self.understanding.requested
            for line in row.lines
        ]

    @cached_property
    def unmatched(self) -> str:
        return self.understanding.unmatched_text()

    @cached_property
    def digest(self) -> str:
        """Digest of the lines that the page shows, to compare them with those at the post (A22)."""
        if not self.kept.rows:
            return ""
        content = [[line.content for line in self.lines], self.unmatched, len(self.unresolved)]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    @cached_property
    def unresolved(self) -> list[UnderstoodRow]:
        """Lines that cannot be requested as listed: each must be corrected or removed."""
        rows = (row for row in self.understanding.rows if row.is_critical and not row.is_dropped)
        return [row for row in rows if row.lines or row.is_picked]

    @property
    def open_tickets(self) -> set[int]:
        """The numbers of the company's open requests that have some of these lines (A23)."""
        known = (line for row in self.understanding.rows for line in row.lines)
        return {int(line.open_ticket) for line in known if line.open_ticket}

    @property
    def accounts(self) -> set[str]:
        """The billing accounts of the requested lines."""
        return {line.account for line in self.lines}


def digest_of_text(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() if text else ""


def understood(kept: KeptList, company: Company, request_type: RequestType) -> UnderstoodList:
    """Match the rows with the directory as it is now."""
    look_up = look_up_in(company)
    return UnderstoodList(kept, understand(kept.rows, look_up, prepaid=request_type.allows_prepaid))


def save(key: UUID, company: Company, phone: str, kept: KeptList) -> None:
    """Store this as the form's only list; an empty list deletes the stored one."""
    if not kept.rows:
        LineList.objects.filter(key=key, company=company, phone=phone).delete()
        return
    values = {
        "company": company,
        "phone": phone,
        "source": _storable(kept.source)[:200],
        "rows": _storable(_packed(kept)),
        "at": timezone.now(),
    }
    # One statement, so that two simultaneous posts of a form do not collide; the later one wins
    LineList.objects.bulk_create(
        [LineList(key=key, **values)],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["company", "phone", "source", "rows", "at"],
    )


def load(key: UUID, company: Company, phone: str) -> KeptList:
    """Return the form's list; an empty one if it has none, or one of another company or phone."""
    row = LineList.objects.filter(key=key, company=company, phone=phone).first()
    return _unpacked(row.source, row.rows) if row else KeptList()


def _packed(kept: KeptList) -> dict[str, Any]:
    layouts: dict[int, int] = {}
    shapes: list[dict[str, Any]] = []
    rows = []
    for row in kept.rows:
        if id(row.layout) not in layouts:
            layouts[id(row.layout)] = len(shapes)
            shapes.append({"letters": dict(row.layout.letters), "sheet": row.layout.sheet})
        doubts = [[doubt.code, doubt.column, doubt.detail] for doubt in row.doubts]
        texts = [row.number, row.action, row.id_number, row.name, row.written, list(row.alternatives)]
        rows.append([row.row, *texts, doubts, layouts[id(row.layout)]])
    return {"text_digest": kept.text_digest, "notices": kept.notices, "layouts": shapes, "rows": rows}


def _unpacked(source: str, content: dict[str, Any]) -> KeptList:
    layouts = [
        Layout({Column(column): letter for column, letter in each["letters"].items()}, each["sheet"])
        for each in content["layouts"]
    ]
    rows = tuple(
        ListRow(
            row,
            number,
            action,
            id_number,
            name,
            written,
            tuple(alternatives),
            tuple(Doubt(Code(code), Column(column), detail) for code, column, detail in doubts),
            layouts[layout],
        )
        for row, number, action, id_number, name, written, alternatives, doubts, layout in content["rows"]
    )
    return KeptList(source, content["text_digest"], tuple(content["notices"]), rows)


def delete_old(now: datetime) -> int:
    """Delete the lists older than a day, even of registered forms. Returns their number."""
    return LineList.objects.filter(at__lte=now - KEEP_FOR).delete()[0]


def look_up_in(company: Company) -> Callable[[AbstractSet[str]], Mapping[str, Sequence[KnownLine]]]:
    """Return a function that finds the company's lines by service key, and no others (A5)."""

    def look_up(wanted: AbstractSet[str]) -> Mapping[str, Sequence[KnownLine]]:
        open_tickets = dict(
            TicketLine.objects.filter(ticket__company=company, service_line__isnull=False)
            .exclude(ticket__status=Ticket.Status.CLOSED)
            .order_by("ticket")
            .values_list("service_line", "ticket")
        )
        found: dict[str, list[KnownLine]] = defaultdict(list)
        lines = ServiceLine.objects.filter(account__company=company).order_by("account__number", "number")
        for pk, number, account, status, cut_day in lines.values_list(
            "pk", "number", "account__number", "status", "account__cut_day"
        ):
            key = service_key(number)
            if key in wanted:
                ticket = str(open_tickets.get(pk, ""))
                found[key].append(KnownLine(number, account, status, cut_day, ticket, pk))
        return found

    return look_up


def refusal_of(reading: Reading) -> str:
    """Return the reason why a text or a file gives no list; empty if it gives one."""
    return reading.refusal or ("" if reading.rows else problems.empty_list())


def _storable(value: Any) -> Any:
    """Return the value without characters that PostgreSQL cannot store."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_storable(each) for each in value]
    if isinstance(value, dict):
        return {name: _storable(each) for name, each in value.items()}
    return value
