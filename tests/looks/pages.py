"""Render each portal page without a database: real templates and forms, invented content."""

from datetime import UTC, date, datetime
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.core.paginator import Paginator
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test import RequestFactory, override_settings

from attachments.models import StagedFile
from companies.directory import Services
from companies.models import Administrator, Company
from demo.models import DemoMessage
from otp.invitations.invitations import Link
from portal.entry.forms import CodeForm, EntryForm
from portal.request.forms import CompanyForm, RequestForm
from portal.request.line_step import LineReview
from portal.request.lines_view import Place
from portal.request.type_form import TypeForm
from tests.looks.public_pages import public_pages
from tickets.effective_date import ShownTerms, Term, TermsChange
from tickets.line_lists import KeptList, UnderstoodList
from tickets.lines import pasted
from tickets.lines.understand import KnownLine, understand
from tickets.models import (
    Attachment,
    Reason,
    RequestField,
    RequestType,
    RequiredDocument,
    Ticket,
    TicketEvent,
    TicketLine,
)
from tickets.offer import Offer

AT = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)
CODES = {"code_digits": 6, "validity_minutes": 5, "most_tries": 5}


def company(pk: int = 1, services: int = 12) -> Company:
    example = Company(pk=pk, legal_name=f"Empresa de Ejemplo {pk}", tax_id=f"099000000{pk}001", city="Quito")
    example.service_count = services  # type: ignore[attr-defined]  # the directory annotates it
    return example


def term(account: str = "C-1", cut_day: int = 15) -> Term:
    return Term(account, cut_day, 15, AT.date(), date(2026, 12, cut_day), "billing_cut")


def request_type() -> RequestType:
    words = import_module("tickets.migrations.0001_initial").WORDS
    return RequestType(
        pk=1,
        code="cancellation",
        name="Anulación o baja de servicios",
        family="cancellation",
        own_words=words,
        asks_lines=True,
        allows_prepaid=True,
    )


def request_form(data: str | None = None) -> RequestForm:
    kind = request_type()
    reasons = [Reason(pk=1, request_type=kind, text="No utiliza el servicio")]
    asked = RequestField(name="canal", label="¿Cómo prefiere que le llamemos?", hint="Elija uno.")
    only_then = RequestField(name="hora", label="¿A qué hora?", shown_if="canal", shown_values="Teléfono")
    offer = Offer([kind], reasons, fields={kind.pk: [asked, only_then]})
    return RequestForm(QueryDict(data) if data is not None else None, offer=offer, request_type=kind)


def type_form(data: str | None = None) -> TypeForm:
    kinds = [
        request_type(),
        RequestType(
            pk=2, code="falla", name="Falla técnica", family="technical", description="Sin servicio."
        ),
    ]
    return TypeForm(QueryDict(data) if data is not None else None, offer=Offer(kinds, []), chosen=kinds[1])


def ticket(status: str = Ticket.Status.NEW) -> Ticket:
    made = Ticket(
        number=3608314,
        status=status,
        request_type_name="Anulación o baja de servicios",
        reason_text="No utiliza el servicio",
        company_name="Empresa de Ejemplo 1",
        company_tax_id="0990000001001",
        requester_name="Ana Pérez",
        email="ana@empresa.example",
        contact_phone="+593991234567",
        details="<b>0990000101</b>",
        administrator=Administrator(pk=1, names="Ana Pérez"),
        verified_phone="+593991234567",
        registered_at=AT,
        effective_date=date(2026, 12, 15),
    )
    made.remember_lines([("0990000101", "cancel")])
    return made


def ticket_lines() -> list[TicketLine]:
    """Return 22 lines, more than a page shows at once; one becomes prepaid."""
    lines = [
        TicketLine(number=f"09900001{each:02}", account_number="C-1", effective_date=date(2026, 12, 15))
        for each in range(22)
    ]
    lines[1].action, lines[1].holder_tax_id, lines[1].holder_name = "prepaid", "1710034065", "<b>Luz</b>"
    return lines


def read_lines(text: str) -> LineReview:
    """Return the review of this text, for a company with two lines in two accounts."""
    known = {
        "0990000101": [KnownLine("0990000101", "C-1", "active", 15, "3608314", 1)],
        "0990000102": [KnownLine("0990000102", "C-2", "active", 31, "", 2)],
    }
    kept = KeptList(source="líneas <b>.xlsx", rows=pasted.read_text(text).rows)
    understood = understand(kept.rows, lambda _keys: known)
    return LineReview(UnderstoodList(kept, understood), was_shown=False)


def contexts() -> dict[str, tuple[str, dict[str, Any]]]:
    """Map the name of each case to its template and the context that its view passes."""
    return {**_pin_pages(), **_request_pages(), **_ticket_pages(), **public_pages(), **_other_pages()}


def draw(case: str) -> str:
    """Return the HTML of a case."""
    template, context = contexts()[case]
    request = RequestFactory().get("/")
    request.portal_visitor = template.startswith(("portal/request/", "portal/tickets/"))  # type: ignore[attr-defined]  # as the gate does
    urls = "tests.looks.demo_urls" if template.startswith("demo/") else settings.ROOT_URLCONF
    with override_settings(ROOT_URLCONF=urls):
        return render_to_string(template, context, request)


def _pin_pages() -> dict[str, tuple[str, dict[str, Any]]]:
    wrong_phone, wrong_code = QueryDict("phone=12"), QueryDict("code=12")
    entry = {"link": Link(), "destination": None, "public_form": True}
    pin = {"phone_tail": "567", "ended": "", "too_early": False, "destination": None, **CODES}
    return {
        "entry": ("portal/entry/entry.html", {"form": EntryForm(), "verified_tail": None, **entry}),
        "entry, refused": (
            "portal/entry/entry.html",
            {"form": EntryForm(wrong_phone), "verified_tail": "567", **entry},
        ),
        "pin": ("portal/entry/pin.html", {"form": CodeForm(), "resend_wait": 45, **pin}),
        "pin, refused": ("portal/entry/pin.html", {"form": CodeForm(wrong_code), "resend_wait": 0, **pin}),
        "pin, used up": (
            "portal/entry/pin.html",
            {"form": CodeForm(), "resend_wait": 0, **pin, "ended": "out_of_attempts"},
        ),
        "no codes today": ("portal/entry/day_spent.html", {"until": AT, "asked": True, **entry}),
        "help": ("portal/entry/help.html", {**CODES, "public_form": True}),
    }


def _type_pages() -> dict[str, tuple[str, dict[str, Any]]]:
    return {
        "type": ("portal/request/type.html", {"form": type_form()}),
        "type, refused": ("portal/request/type.html", {"form": type_form("request_type=x")}),
        "inactive": (
            "portal/request/inactive.html",
            {"company": Company(legal_name="Acme", status_reason="El contrato terminó.")},
        ),
        "no types": ("portal/request/no_types.html", {}),
    }


def _request_pages() -> dict[str, tuple[str, dict[str, Any]]]:
    picker = {"companies": [company(1), company(2, services=1)]}
    shown = {
        "company": company(1),
        "services": Services(["0990000101", "PORTADOR-1"], 12),
        "terms": [term()],
        "request_type": request_type(),
        "words": request_type().words,
        "several_types": True,
        "documents_asked": [RequiredDocument(name="Carta de autorización", hint="Firmada.")],
        "several_companies": False,
        "staged": [],
        "uploads_closed": "",
        "similar": [],
        **_lines(LineReview()),
        **dict.fromkeys(("existing_ticket", "repeated", "terms_change", "draft")),
    }
    staged = [StagedFile(original_name=name, size=1_887_437) for name in ("carta.pdf", "líneas.xlsx")]
    draft = {
        "staged": staged,
        "problems": ["El archivo «fotos.zip» no se puede adjuntar."],
        "cancelled": False,
        "is_announced": True,
    }
    trouble = {"several_companies": True, "existing_ticket": ticket(), "draft": draft, "staged": staged}
    closed = {**shown, "uploads_closed": "Confirme sin archivos.", "form": request_form()}
    refused = {**shown, **trouble, "terms": [term(), term("C-2", 31)], "form": request_form("email=ana@")}
    repeated = {**shown, "repeated": ticket(), "similar": [ticket()], "form": request_form("details=x")}
    unknown = {**shown, "terms": [], "services": Services([], 0), "form": request_form()}
    return {
        "cancel": ("portal/request/cancel.html", {}),
        **_type_pages(),
        "company": (
            "portal/request/company.html",
            {"form": CompanyForm(companies=picker["companies"]), **picker},
        ),
        "company, refused": (
            "portal/request/company.html",
            {"form": CompanyForm(QueryDict(), companies=picker["companies"]), **picker},
        ),
        "request": ("portal/request/request.html", {**shown, "form": request_form()}),
        "request, refused": ("portal/request/request.html", refused),
        "request, no files taken": ("portal/request/request.html", closed),
        "request, repeated": ("portal/request/request.html", repeated),
        **_other_dates(shown),
        **_pages_of_lines(shown),
        "request, nothing known": ("portal/request/request.html", unknown),
    }


def _other_dates(shown: dict[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    before, after = ShownTerms.of([term()]), [term(cut_day=16)]
    moved = {
        **shown,
        "terms": after,
        "terms_change": TermsChange.between(before, after),
        "form": request_form(""),
    }
    more = [term(cut_day=16), term("C-2", 31)]
    regrouped = {
        **shown,
        "terms": more,
        "terms_change": TermsChange.between(before, more),
        "form": request_form(""),
    }
    return {
        "request, another date": ("portal/request/request.html", moved),
        "request, other dates": ("portal/request/request.html", regrouped),
    }


def _lines(review: LineReview) -> dict[str, Any]:
    services = Services(["0990000101", "PORTADOR-1"], 2, ["C-1", "C-2"])
    return {
        "lines": review,
        "shown_lines": review.shown(services),
        "offers_all": True,
        "dates": {"C-1": date(2026, 12, 15), "C-2": date(2026, 12, 31)},
    }


def _pages_of_lines(shown: dict[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    long_list = "0990000101\n0990000102 prepago 171003406 Ana\n0999999999\nEl <b>enlace</b>"
    reviewed = {
        **shown,
        **_lines(read_lines(long_list)),
        "offers_all": False,
        "terms": [term(), term("C-2", 31)],
        "form": request_form("lines_text=x"),
    }
    gone = {**reviewed, **_lines(LineReview(was_shown=False))}
    review = read_lines("0990000101 0990000102")
    context = {
        "form_key": "0" * 32,
        "place": Place(query="0990"),
        "page": Paginator(review.chosen, 1).page(1),
        "lines": review,
        "company": company(),
        "request_type": request_type(),
        "dates": {"C-1": date(2026, 12, 15)},
    }
    chosen = {**context, "place": Place(view="elegidas"), "page": Paginator(review.chosen, 100).page(1)}
    none = {**context, "page": Paginator([], 100).page(1), "lines": LineReview()}
    page = "portal/request/lines_page.html"
    return {
        "request, lines reviewed": ("portal/request/request.html", reviewed),
        "request, lines gone": ("portal/request/request.html", gone),
        "lines": (page, context),
        "lines, chosen": (page, chosen),
        "lines, none": (page, none),
    }


def _ticket_pages() -> dict[str, tuple[str, dict[str, Any]]]:
    files = [Attachment(original_name="líneas.xlsx", size=1_887_437)]
    events = [
        TicketEvent(at=AT, actor_name="Ana Pérez", to_status=Ticket.Status.NEW, note="SOLO PARA ASESORES")
    ]
    one = {
        "ticket": ticket(),
        "terms": [term()],
        "attachments": files,
        "lines": ticket_lines(),
        "by_caller": True,
        "undelivered": None,
        "withheld": "",
        "quarantined": False,
    }
    listed = {"caller": Administrator(pk=1), "undelivered": {}}
    several = {**one, "terms": [term(), term("C-2", 31)], "attachments": []}
    return {
        "created": ("portal/tickets/created.html", {**one, "registered_email": ""}),
        "created, several": (
            "portal/tickets/created.html",
            {**several, "registered_email": "jefa@empresa.example"},
        ),
        "ticket": ("portal/tickets/ticket.html", {**one, "events": events}),
        "ticket, a colleague's": (
            "portal/tickets/ticket.html",
            {**one, "events": events, "by_caller": False},
        ),
        "ticket, several": ("portal/tickets/ticket.html", {**several, "events": events}),
        "list": ("portal/tickets/list.html", {"tickets": [ticket(), ticket(Ticket.Status.CLOSED)], **listed}),
        "list, empty": ("portal/tickets/list.html", {"tickets": [], **listed}),
    }


def _other_pages() -> dict[str, tuple[str, dict[str, Any]]]:
    mail = DemoMessage(
        pk=2, channel="email", to="ana@empresa.example", subject="T", text="Hola", html="<p>", at=AT
    )
    sms = DemoMessage(pk=1, channel="sms", to="+593991234567", text="Su codigo es 123456", at=AT)
    names = ("400", "403", "403_csrf", "404", "413", "429", "500", "503")
    return {
        "sign-in of staff, refused": (
            "sign_in_refused.html",
            {"form": AuthenticationForm(), "app_path": "/admin/login/?next=/admin/"},
        ),
        "demo": ("demo/messages.html", {"shown": [mail, sms]}),
        "demo, empty": ("demo/messages.html", {"shown": []}),
        **{name: (f"{name}.html", {"reference": "9f2c1d7a"}) for name in names},
        **{f"{name}, of a form": (f"{name}.html", {"reference": "9f2c1d7a", "sent": True}) for name in names},
    }
