"""The request types on offer, with their reasons, questions and areas (A7, A8, A24).

The portal and the public form each offer their own types; the same queries read both offers.

They change a few times a year and are read with each form and each ticket, so each process caches
them for up to a second: a change in the desk, by a command or in SQL shows everywhere within that
time. The process that makes the change through a model shows it at once. A ticket that names a row
deleted within that second fails at the foreign key (`submission.register`).
"""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import F, FilteredRelation, Model, Q
from django.db.models.signals import m2m_changed, post_delete, post_save

from tickets.effective_date import Calendar
from tickets.models import (
    OTHER_REASON,
    Area,
    CalendarDay,
    Reason,
    RequestField,
    RequestType,
    RequiredDocument,
    catalogue_changed,
)
from tickets.words import Words

CACHE_SECONDS = 1.0
ENTRY_CACHE_SECONDS = 60.0
CANCELLATION = "cancellation"  # the code of the first shipped type, which is the default


@dataclass(frozen=True)
class Offer:
    """Request types, their reasons and questions, in order. The form adds `OTHER_REASON`."""

    types: list[RequestType]
    reasons: list[Reason]
    # By primary key of the request type; `areas` are those that each ticket is mailed to
    areas: dict[int, list[Area]] = field(default_factory=dict)
    fields: dict[int, list[RequestField]] = field(default_factory=dict)
    documents: dict[int, list[RequiredDocument]] = field(default_factory=dict)
    calendar: Calendar = field(default_factory=Calendar)  # with the days that staff changed (F8)

    def type_of(self, code: str | None) -> RequestType | None:
        """Return the type with this code or, from forms older than the codes, this primary key."""
        codes = {request_type.code: request_type for request_type in self.types}
        keys = {str(request_type.pk): request_type for request_type in self.types}
        return codes.get(code or "") or keys.get(code or "")

    def first_type(self) -> RequestType | None:
        """Return the type of a visitor who chose none: the cancellation, if it is offered."""
        return self.type_of(CANCELLATION) or next(iter(self.types), None)

    def reasons_of(self, request_type: RequestType) -> list[Reason]:
        """Return the active reasons of the type, in order; none where it asks none."""
        if not request_type.asks_reason:
            return []
        return [reason for reason in self.reasons if reason.request_type_id == request_type.pk]

    def fields_of(self, request_type: RequestType) -> list[RequestField]:
        """Return the questions that the type asks, in order."""
        return self.fields.get(request_type.pk, [])

    def documents_of(self, request_type: RequestType) -> list[RequiredDocument]:
        """Return the documents that the type asks for, in order."""
        return self.documents.get(request_type.pk, [])

    def areas_of(self, request_type: RequestType) -> list[Area]:
        """Return the active areas of the type, in order of name."""
        return self.areas.get(request_type.pk, [])


@dataclass(frozen=True)
class _Offers:
    """The portal's offer and the public form's."""

    portal: Offer
    public: Offer


class _OfferCache:
    """The offers that this process has read, and when they expire."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changes = 0  # how often this process changed the rows
        # One attribute, so that no other thread finds an old offer with a new expiry time
        self._cached: tuple[_Offers, float] | None = None

    def get(self) -> _Offers:
        cached = self._cached
        if cached is not None and time.monotonic() < cached[1]:
            return cached[0]
        changes, until = self._changes, time.monotonic() + CACHE_SECONDS
        offers = _read()
        with self._lock:
            if changes == self._changes:  # else the offers read are already old
                self._cached = offers, until
        return offers

    def forget(self) -> None:
        with self._lock:
            self._changes += 1
            self._cached = None


_offer_cache = _OfferCache()


def current_offer() -> Offer:
    """Return the portal's offer, at most a second old. Types without a reason are part of it."""
    return _current().portal


def public_offer() -> Offer:
    """Return the offer for people without a registered number, at most a second old (D7, D8)."""
    return _current().public


def _current() -> _Offers:
    if transaction.get_connection().in_atomic_block:
        return _read()  # what this transaction sees may never be committed
    return _offer_cache.get()


def forget() -> None:
    """Empty this process's caches, so that the next use reads the rows again."""
    _offer_cache.forget()
    _entry_cache.forget()


@dataclass(frozen=True)
class BeforeSignIn:
    """The part of the offers that the pages before the sign-in show."""

    words: Words = field(default_factory=lambda: Words({}))
    public_form: bool = False  # whether `consulta/` offers a type

    @classmethod
    def of(cls, offers: _Offers) -> "BeforeSignIn":
        """Take the words of the portal's type if it offers only one, else the defaults."""
        types = offers.portal.types
        return cls(types[0].words if len(types) == 1 else Words({}), bool(offers.public.types))


class _EntryCache:
    """What the pages before the sign-in show, and when it expires. They run no other query.

    It is read at most once a minute, and never raises: while the database is down, the last value
    is used.
    """

    def __init__(self) -> None:
        self._cached: tuple[BeforeSignIn, float] = BeforeSignIn(), 0.0

    def get(self) -> BeforeSignIn:
        if transaction.get_connection().in_atomic_block:
            try:
                return BeforeSignIn.of(_read())
            except DatabaseError:
                return BeforeSignIn()
        shown, until = self._cached
        if time.monotonic() >= until:
            # Set before the query, so that at most one request waits for a database that hangs
            self._cached = shown, time.monotonic() + ENTRY_CACHE_SECONDS
            try:
                shown = BeforeSignIn.of(_current())
            except DatabaseError:
                return shown
            self._cached = shown, time.monotonic() + ENTRY_CACHE_SECONDS
        return shown

    def forget(self) -> None:
        self._cached = self._cached[0], 0.0


_entry_cache = _EntryCache()


def entry_text(key: str) -> str:
    """Return a text of the pages before the sign-in, at most a minute old."""
    return _entry_cache.get().words.text(key)


def has_public_form() -> bool:
    """Whether `consulta/` offers a type, as read at most a minute ago. Never raises."""
    return _entry_cache.get().public_form


def changed_offer() -> Offer:
    """Read the portal's offer again, because a row of the cached one was found deleted."""
    forget()
    return current_offer()


def _changed(**_signal: Any) -> None:
    """Empty the caches now, and again when the change is committed."""
    forget()
    transaction.on_commit(forget)


def watch() -> None:
    """Empty the caches at each change that this process makes through the models."""
    catalogue_changed.connect(_changed, dispatch_uid="offer.bulk")
    models: tuple[type[Model], ...] = (
        Area,
        RequestType,
        Reason,
        RequestField,
        RequiredDocument,
        CalendarDay,
    )
    for model in models:
        post_save.connect(_changed, sender=model, dispatch_uid=f"offer.save.{model.__name__}")
        post_delete.connect(_changed, sender=model, dispatch_uid=f"offer.delete.{model.__name__}")
    m2m_changed.connect(_changed, sender=RequestType.areas.through, dispatch_uid="offer.areas")


def _read() -> _Offers:
    """Read types and reasons in one query, and each other kind of row in one."""
    active = FilteredRelation("reasons", condition=Q(reasons__is_active=True))
    offered = RequestType.objects.filter(Q(in_portal=True) | Q(in_public_form=True)).annotate(active=active)
    rows = offered.annotate(reason_pk=F("active__pk"), reason_text=F("active__text"))
    types: dict[int, RequestType] = {}
    reasons: list[Reason] = []
    row: Any  # a RequestType with the two annotations
    for row in rows.order_by("position", "name", "active__position", "active__text"):
        request_type = types.setdefault(row.pk, row)
        if row.reason_pk is not None and row.reason_text != OTHER_REASON:
            reasons.append(Reason(pk=row.reason_pk, request_type=request_type, text=row.reason_text))
    areas: dict[int, list[Area]] = {}
    links = RequestType.areas.through.objects.filter(area__is_active=True, requesttype__in=list(types))
    for link in links.select_related("area").order_by("area__name"):
        areas.setdefault(link.requesttype_id, []).append(link.area)
    fields: dict[int, list[RequestField]] = {}
    for question in RequestField.objects.filter(is_active=True, request_type__in=list(types)):
        fields.setdefault(question.request_type_id, []).append(question)
    documents: dict[int, list[RequiredDocument]] = {}
    for document in RequiredDocument.objects.filter(request_type__in=list(types)):
        documents.setdefault(document.request_type_id, []).append(document)
    calendar = Calendar.of(CalendarDay.objects.all())

    def offer_of(offered: list[RequestType]) -> Offer:
        return Offer(offered, reasons, areas, fields, documents, calendar)

    every = list(types.values())
    return _Offers(
        portal=offer_of([each for each in every if each.in_portal]),
        public=offer_of([each for each in every if each.in_public_form]),
    )
