"""The lines of a request form: read a list, store it, show how it was understood (A10, A22)."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.http import require_safe

from attachments.uploads import ReceivedFile
from companies.caller_query import Services
from companies.models import Company
from portal.access import Caller, administrator_required
from tickets import line_choices, line_lists
from tickets.line_choices import Choices, TooManyChosen
from tickets.line_lists import KeptList, UnderstoodList
from tickets.lines import pasted, problems, sheet, template
from tickets.lines.actions import Action
from tickets.lines.rows import MAX_ROWS, Column, Reading
from tickets.lines.understand import UnderstoodRow
from tickets.models import RequestType, TicketLine
from tickets.submission_key import SubmissionKey

ROWS_SHOWN = 100


class UnreadableList(Exception):
    """The text or the file cannot be read as a list. `field` is its form field."""

    def __init__(self, name: str, refusal: str) -> None:
        super().__init__(refusal)
        self.field = name


@dataclass(frozen=True)
class ShownLine:
    """A line as the page shows it, with the requested action and its problems."""

    number: str
    accounts: tuple[str, ...]
    is_chosen: bool = False
    action: str = ""
    id_number: str = ""
    name: str = ""
    place: str = ""  # in the list; empty if the line was picked
    problems: tuple[str, ...] = ()
    is_wrong: bool = False  # it cannot be requested with these fields
    actions: ClassVar[Any] = TicketLine.Action.choices

    @classmethod
    def of_row(cls, row: UnderstoodRow, number: str) -> "ShownLine":
        """Return the row's line of this number, which may be in several accounts."""
        return cls(
            number,
            tuple(line.account for line in row.lines if line.number == number),
            is_chosen=True,
            action=str(row.action or ""),
            id_number=row.row.id_number,
            name=row.row.name,
            place="" if row.is_picked else str(row.row.layout.place(row.row.row, Column.NUMBER)),
            problems=tuple(problem.text for problem in row.problems),
            is_wrong=row.is_critical,
        )


@dataclass(frozen=True)
class LineReview:
    """The lines of a form, matched with the directory as it is now.

    `was_shown` is true if the page showed them like this, or the customer chose them on it.
    """

    understood: UnderstoodList = field(default_factory=UnderstoodList)
    was_shown: bool = True

    def __bool__(self) -> bool:
        """Whether the form has any line or list."""
        return bool(self.understood.kept.rows)

    @property
    def is_list(self) -> bool:
        """Whether a text or a file was read; the page then shows how it was understood."""
        return any(not row.is_picked for row in self.understood.understanding.rows)

    @property
    def is_changed(self) -> bool:
        """Whether the page showed other lines, and no text or file of this post is the cause."""
        return not self.was_shown and not self.is_list

    @property
    def requested(self) -> int:
        return len(self.understood.lines)

    @property
    def prepaid(self) -> int:
        """The number of requested lines that become prepaid."""
        return sum(line.action == Action.PREPAID for line in self.understood.lines)

    @cached_property
    def chosen(self) -> list[ShownLine]:
        """The lines of the list, one for each number; those with a problem come first."""
        by_number: dict[str, ShownLine] = {}
        for row in self.understood.understanding.rows:
            if row.is_dropped:
                continue
            numbers = [line.number for line in row.lines] or ([row.row.number] if row.is_picked else [])
            for number in numbers:
                if number not in by_number:
                    by_number[number] = ShownLine.of_row(row, number)
        return sorted(by_number.values(), key=lambda line: (not line.is_wrong, not line.problems))

    def shown(self, services: Services) -> list[ShownLine]:
        """The first chosen lines; or all lines of a company with few, in the directory's order."""
        if not offers_all(services):
            return self.chosen[:ROWS_SHOWN]
        chosen = {line.number: line for line in self.chosen}
        every = offered_lines(zip(services.numbers, services.accounts, strict=False), chosen)
        offered = {line.number for line in every}
        # First those that are not a line of the company
        others = [line for line in self.chosen if line.number not in offered]
        return [*others[:ROWS_SHOWN], *every]

    @property
    def left_out(self) -> int:
        """The number of chosen lines that the form does not show."""
        return max(0, len(self.chosen) - ROWS_SHOWN)

    @property
    def unmatched(self) -> int:
        """The number of rows that name no line of the company."""
        rows = self.understood.understanding.rows
        return sum(not (row.lines or row.is_picked or row.is_dropped) for row in rows)

    def by_date(self, dates: Mapping[str, date]) -> list[tuple[date | None, int]]:
        """The number of requested lines for each date, earliest first; those without one last."""
        counts: dict[date | None, int] = {}
        for line in self.understood.lines:
            day = dates.get(line.account)
            counts[day] = counts.get(day, 0) + 1
        return sorted(counts.items(), key=lambda each: (each[0] is None, each[0] or date.max))


def offered_lines(lines: Iterable[tuple[str, str]], chosen: Mapping[str, ShownLine]) -> list[ShownLine]:
    """Return the lines with these numbers and accounts; several accounts of one number are one."""
    accounts: dict[str, list[str]] = {}
    for number, account in lines:
        accounts.setdefault(number, []).append(account)
    return [chosen.get(number) or ShownLine(number, tuple(of)) for number, of in accounts.items()]


def offers_all(services: Services) -> bool:
    """Whether the form itself offers every line of the company."""
    return 0 < services.total == len(services.accounts)


@dataclass(frozen=True)
class LinesPost:
    """The posted fields of a form about its lines."""

    text: str
    file: ReceivedFile | None
    shown: str  # the digest of the list that the page showed
    remove: bool
    choices: Choices


@dataclass(frozen=True)
class LineStep:
    """The list of one form, stored under the form's key, company and verified phone."""

    key: UUID
    company: Company
    phone: str
    request_type: RequestType

    def current(self) -> UnderstoodList:
        return self._understood(line_lists.load(self.key, self.company, self.phone))

    def seen(self, shown: str) -> UnderstoodList:
        """Return the form's list; an empty one, without a query, if its page showed none."""
        return self.current() if shown else UnderstoodList()

    def keep(self, review: LineReview) -> None:
        line_lists.save(self.key, self.company, self.phone, review.understood.kept)

    def take(self, post: LinesPost) -> LineReview:
        """Return the form's lines after this post; `keep` saves them. Raises UnreadableList.

        The form posts the text of the stored list again; only a different text is read. Choices of
        a page that showed another list, for instance in another tab, are ignored. A page that
        showed no list starts from an empty one. Raises TooManyChosen too.
        """
        before = self.seen(post.shown)
        kept = before.kept
        was_shown = post.shown == before.digest
        if post.remove:
            return LineReview(self._understood(KeptList()))
        if post.choices and (was_shown or not kept.rows):
            kept = line_choices.change(before, post.choices)
        text_digest = line_lists.digest_of_text(post.text)
        if post.file or text_digest != kept.text_digest:
            kept = self._read(post, text_digest, kept)
            return LineReview(self._understood(kept), was_shown=was_shown and not (post.file or post.text))
        return LineReview(before if kept is before.kept else self._understood(kept), was_shown=was_shown)

    def choose(self, choices: Choices) -> None:
        """Save the choices of a page of lines, or of a form that the visitor leaves."""
        line_lists.save(self.key, self.company, self.phone, line_choices.change(self.current(), choices))

    def _understood(self, kept: KeptList) -> UnderstoodList:
        return line_lists.understood(kept, self.company, self.request_type)

    def _read(self, post: LinesPost, text_digest: str, kept: KeptList) -> KeptList:
        """Return the list with this post's text and file. Raises UnreadableList.

        A new file replaces the earlier one, and a changed text the earlier one; picked lines stay.
        """
        file = tuple(row for row in kept.rows if row.row and row.layout.letters)
        picked = tuple(row for row in kept.rows if not row.row)
        source, notices = kept.source, kept.notices
        if post.file:
            of_file = sheet.read_file(post.file.name or "", post.file.content)
            if refusal := line_lists.refusal_of(of_file):
                raise UnreadableList("lines_file", refusal)
            file, source, notices = of_file.rows, post.file.name or "", of_file.notices
        text = Reading()
        if post.text:
            text = pasted.read_text(post.text)
            if refusal := line_lists.refusal_of(text):
                raise UnreadableList("lines_text", refusal)
        rows = (*file, *text.rows, *picked)
        if len(rows) > MAX_ROWS:
            name = "lines_file" if post.file else "lines_text"
            raise UnreadableList(name, problems.too_many_rows(MAX_ROWS))
        return KeptList(source, text_digest, (*notices, *text.notices), rows)


def keep_choices(data: QueryDict, key: SubmissionKey, phone: str) -> None:
    """Save the lines chosen on a form that the visitor leaves, so that it shows them again."""
    # Any type will do: it decides about problems of the rows, and only the rows are stored
    step = LineStep(key.uuid, Company(pk=key.company_id), phone, RequestType(allows_prepaid=True))
    with suppress(TooManyChosen):
        if choices := Choices.posted(data):
            step.choose(choices)


@require_safe
@administrator_required()
def sheet_template(request: HttpRequest, caller: Caller) -> HttpResponse:  # noqa: ARG001  the gate's
    """Send the empty template of a list."""
    return HttpResponse(
        template.build(),
        content_type=template.CONTENT_TYPE,
        headers={
            "Content-Disposition": f'attachment; filename="{template.FILENAME}"',
            "Cache-Control": "no-store",
        },
    )
