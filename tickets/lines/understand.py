"""Match the rows of a list with the directory, and find actions and problems (A10, A18, A19).

The directory is looked up once, whatever the number of rows.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from companies.identity import InvalidTaxId, check_tax_id
from tickets.lines import problems
from tickets.lines.actions import Action, action_of_cell, says_stay
from tickets.lines.numbers import other_key, service_key
from tickets.lines.problems import Code, Severity
from tickets.lines.rows import Column, Doubt, ListRow, Place

SUMMED_FROM = 16  # with this many equal problems or more, one sentence sums them up
# Doubts about the action, which types with only one action do not have
OF_ACTION = frozenset({Code.ACTION_MISSING, Code.ACTION_FROM_HEADING, Code.ID_WITHOUT_ACTION})
CANCELLED = "cancelled"  # as in `ServiceLine.Status`


@dataclass(frozen=True, slots=True)
class KnownLine:
    """The directory's data of a line of the company.

    `open_ticket` is the number of an open request with this line; empty if there is none.
    """

    number: str
    account: str
    status: str
    cut_day: int
    open_ticket: str = ""
    pk: int = 0  # of the directory's row


# Maps keys of `service_key` to the company's lines with that key, one for each account. The result
# omits unknown keys. It must not find lines of other companies.
LookUp = Callable[[AbstractSet[str]], Mapping[str, Sequence[KnownLine]]]


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of a row, and its place."""

    code: Code
    place: Place
    detail: str = ""
    number: str = ""  # the row's number, or its text if it has none

    @property
    def severity(self) -> Severity:
        return problems.severity_of(self.code)

    @property
    def text(self) -> str:
        return problems.sentence(self.code, self.detail)


@dataclass(frozen=True, slots=True)
class UnderstoodRow:
    """A row with the lines it names, in one account or several.

    `is_dropped` says that the row adds nothing: a repetition, or a gap of a range. Dropped rows and
    those with a critical problem are not requested.
    """

    row: ListRow
    lines: tuple[KnownLine, ...]
    action: Action | None
    id_number: str
    name: str
    problems: tuple[Problem, ...]
    is_dropped: bool = False

    @property
    def is_critical(self) -> bool:
        return any(problem.severity is Severity.CRITICAL for problem in self.problems)

    @property
    def is_picked(self) -> bool:
        """Whether it was picked on a page, and not written in a list."""
        return not self.row.row

    @property
    def is_requested(self) -> bool:
        return bool(self.lines) and not self.is_dropped and not self.is_critical


@dataclass(frozen=True, slots=True)
class Finding:
    """The equal problems of one place, or all equal problems of a column in one sentence."""

    code: Code
    text: str
    places: tuple[Place, ...]
    numbers: tuple[str, ...] = ()  # of the rows; empty where the sentence sums up


@dataclass(frozen=True, slots=True)
class Understanding:
    """All rows in the order of the list."""

    rows: tuple[UnderstoodRow, ...]

    @property
    def requested(self) -> list[UnderstoodRow]:
        return [row for row in self.rows if row.is_requested]

    @property
    def critical(self) -> list[Finding]:
        return self._findings(Severity.CRITICAL)

    @property
    def to_confirm(self) -> list[Finding]:
        return self._findings(Severity.CONFIRM)

    def unmatched_text(self) -> str:
        """Return what could not be matched, with its place, to be sent as text (A10).

        Mails carry it, so it leaves out who takes a line (F4).
        """
        unmatched = (row for row in self.rows if not row.lines and not row.is_dropped)
        return "\n".join(f"{_place(row.row)}: {_as_text(row)}" for row in unmatched)

    def _findings(self, severity: Severity) -> list[Finding]:
        groups: dict[tuple[Code, str, str], list[Problem]] = defaultdict(list)
        for row in self.rows:
            for problem in row.problems:
                if problem.severity is severity:
                    groups[problem.code, problem.place.sheet, problem.place.column].append(problem)
        return [finding for group in groups.values() for finding in _summed_up(group)]


def understand(rows: Iterable[ListRow], look_up: LookUp, *, prepaid: bool = True) -> Understanding:
    """Match the rows with the company's lines and check them.

    `prepaid` says whether this type of request lets a line become prepaid. If not, its lines have
    only one action.
    """
    listed = list(rows)
    keys = [_keys(row) for row in listed]
    wanted = frozenset(key for row_keys in keys for key in row_keys)
    known = look_up(wanted) if wanted else {}
    first: dict[str, int] = {}
    understood: list[UnderstoodRow] = []
    for index, (row, row_keys) in enumerate(zip(listed, keys, strict=True)):
        key = next((key for key in row_keys if known.get(key)), row_keys[0] if row_keys else "")
        lines = _named(row, known.get(key, ()))
        names = [line.number for line in lines] or [key]
        earlier = next((first[name] for name in names if name in first), None)
        result = _understood(row, lines, None if earlier is None else understood[earlier], prepaid=prepaid)
        understood.append(result)
        if earlier is not None and any(problem.code is Code.CONFLICT for problem in result.problems):
            understood[earlier] = _in_conflict(understood[earlier], row)
        if key and not result.is_dropped:
            for name in names:
                first.setdefault(name, index)
    return Understanding(tuple(understood))


def _keys(row: ListRow) -> tuple[str, ...]:
    """Return the keys to look for, the likeliest first."""
    if not row.number:
        return ()
    found: dict[str, None] = {}
    for text in (row.number, *row.alternatives):
        found |= dict.fromkeys((service_key(text), other_key(text)))
    return tuple(key for key in found if key)


def _named(row: ListRow, found: Sequence[KnownLine]) -> tuple[KnownLine, ...]:
    """Return the lines that the row names; a row picked on a page names one exact spelling only."""
    picked = () if row.row else tuple(line for line in found if line.number == row.number)
    return picked or tuple(found)


def _understood(
    row: ListRow, lines: tuple[KnownLine, ...], earlier: UnderstoodRow | None, *, prepaid: bool
) -> UnderstoodRow:
    in_service = tuple(line for line in lines if line.status != CANCELLED)
    action, doubts = _action(row) if prepaid else _only_action(row)
    found = [doubt for doubt in row.doubts if prepaid or doubt.code not in OF_ACTION]
    taker = (_compact_id(row.id_number), " ".join(row.name.split())) if action is Action.PREPAID else ("", "")
    is_dropped = False
    if row.number and not in_service:
        is_dropped = any(doubt.code is Code.FROM_RANGE for doubt in row.doubts)
        gap = Code.RANGE_GAP if is_dropped else Code.UNKNOWN
        found = [doubt for doubt in found if doubt.code is not Code.FROM_RANGE]
        found.append(Doubt(Code.CANCELLED if lines and not is_dropped else gap))
    elif in_service:
        found += doubts
        found += _line_doubts(in_service)
        if action is Action.PREPAID:
            found += _taker_doubts(row)
    if earlier and row.number and not is_dropped:
        same = (earlier.action, earlier.id_number, earlier.name) == (action, *taker)
        is_dropped = same
        repeated = Doubt(Code.DUPLICATE if same else Code.CONFLICT, detail=str(earlier.row.row))
        found = [repeated] if same else [*found, repeated]
    return UnderstoodRow(
        row=row,
        lines=in_service,
        action=action,
        id_number=taker[0],
        name=taker[1],
        problems=tuple(
            Problem(
                each.code,
                row.layout.place(row.row, each.column),
                each.detail,
                _as_typed(row.number or row.written),
            )
            for each in found
        ),
        is_dropped=is_dropped,
    )


def _compact_id(text: str) -> str:
    """Return a cédula or RUC without separators; a malformed one unchanged."""
    try:
        return check_tax_id(text).number
    except InvalidTaxId:
        return text


def _as_typed(number: str) -> str:
    """Return a number as customers write it: those of a range are kept with the country's code."""
    return (f"0{number[4:]}" if number.startswith("+593") else number)[:40]


def _in_conflict(earlier: UnderstoodRow, later: ListRow) -> UnderstoodRow:
    """Add the conflict to the earlier row too, because neither of the two requests prevails."""
    place = earlier.row.layout.place(earlier.row.row, Column.NUMBER)
    conflict = Problem(Code.CONFLICT, place, str(later.row), earlier.row.number)
    known = any(problem.code is Code.CONFLICT for problem in earlier.problems)
    return earlier if known else replace(earlier, problems=(*earlier.problems, conflict))


def _action(row: ListRow) -> tuple[Action | None, list[Doubt]]:
    """Return the requested action. A row that names none requests the cancellation.

    A cédula without an action may mean prepaid, so the customer must confirm the cancellation.
    """
    if not row.action:
        is_asked = any(doubt.code is Code.ACTION_MISSING for doubt in row.doubts)
        doubtful = bool(row.id_number) and not is_asked
        return Action.CANCEL, [Doubt(Code.ID_WITHOUT_ACTION, Column.ID)] if doubtful else []
    action = action_of_cell(row.action)
    return action, [] if action else [Doubt(Code.ACTION_UNCLEAR, Column.ACTION)]


def _only_action(row: ListRow) -> tuple[Action, list[Doubt]]:
    """Return the action of a type that has only one; another in the list is a problem."""
    if not row.action or (asked := action_of_cell(row.action)) is Action.CANCEL:
        return Action.CANCEL, []
    if says_stay(row.action):
        return Action.CANCEL, [Doubt(Code.STAYS, Column.ACTION, row.action[:40])]
    code = Code.PREPAID_NOT_OFFERED if asked is Action.PREPAID else Code.ACTION_OF_TYPE
    return Action.CANCEL, [Doubt(code, Column.ACTION, row.action[:40])]


def _line_doubts(lines: Sequence[KnownLine]) -> Iterator[Doubt]:
    if ticket := next((line.open_ticket for line in lines if line.open_ticket), ""):
        yield Doubt(Code.OPEN_REQUEST, detail=ticket)
    if len(lines) > 1:
        yield Doubt(Code.SEVERAL_ACCOUNTS, detail=str(len(lines)))


def _taker_doubts(row: ListRow) -> Iterator[Doubt]:
    """Check the new holder of a line that becomes prepaid (A10, A19)."""
    if not row.id_number:
        yield Doubt(Code.PREPAID_WITHOUT_ID, Column.ID)
    else:
        try:
            doubtful = check_tax_id(row.id_number).doubtful
        except InvalidTaxId:
            yield Doubt(Code.ID_MALFORMED, Column.ID)
        else:
            if doubtful:
                yield Doubt(Code.ID_CHECK_DIGIT, Column.ID)
    if len(row.name.split()) < 2:
        yield Doubt(Code.PREPAID_WITHOUT_NAME, Column.NAME)


def _as_text(row: UnderstoodRow) -> str:
    written = row.row
    if not (written.id_number or written.name):
        return written.written or written.number
    return problems.without_taker(written.number, is_prepaid=row.action is Action.PREPAID)


def _place(row: ListRow) -> Place:
    return Place(row.row, sheet=row.layout.sheet)


def _summed_up(group: Sequence[Problem]) -> Iterator[Finding]:
    if len(group) < SUMMED_FROM:
        same: dict[tuple[Place, str], list[Problem]] = defaultdict(list)
        for problem in group:
            same[problem.place, problem.text].append(problem)
        for (place, text), problems_there in same.items():
            numbers = tuple(problem.number for problem in problems_there if problem.number)
            yield Finding(group[0].code, text, (place,), numbers)
        return
    column = group[0].place.column
    places = tuple(problem.place for problem in group)
    yield Finding(group[0].code, problems.summary(group[0].code, len(group), column), places)
