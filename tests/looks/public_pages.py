"""The pages of `consulta/`, for `pages.contexts`."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.http import QueryDict

from attachments.models import StagedFile
from portal.public.form_key import FormKey
from portal.public.forms import EmailCodeForm, PublicForm
from portal.request.type_form import TypeForm
from tickets.effective_date import ShownTerms, Term, TermsChange
from tickets.models import RequestField, RequestType, RequiredDocument, Ticket
from tickets.offer import Offer

AT = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)
VALID = (
    "field_city=Loja&details=Internet&requester_name=Lucía&contact_phone=0997654321&email=lucia@hogar.example"
)
FORM, CODE, TYPES = (f"portal/public/{name}.html" for name in ("form", "code", "types"))


def public_pages() -> dict[str, tuple[str, dict[str, Any]]]:
    offer = Offer(list(_types()), [])
    return {
        "consulta, types": (TYPES, {"form": TypeForm(offer=offer)}),
        "consulta, types refused": (TYPES, {"form": TypeForm(QueryDict("request_type=x"), offer=offer)}),
        "consulta, closed": ("portal/public/closed.html", {}),
        **_forms(),
        **_codes(),
        "consulta, done": ("portal/public/done.html", {"ticket": _ticket(), "terms": []}),
        "consulta, done with a date": (
            "portal/public/done.html",
            {"ticket": _ticket(effective_rule="notice_days"), "terms": [_term(15)]},
        ),
    }


def _types() -> tuple[RequestType, RequestType]:
    return (
        RequestType(
            pk=1,
            code="new_service",
            name="Servicio nuevo",
            family="new_service",
            description="Para pedir que le contactemos por una línea, internet o un enlace nuevo.",
            asks_reason=False,
            effective_rule="none",
        ),
        RequestType(
            pk=2, code="general", name="Otra solicitud", asks_reason=False, effective_rule="notice_days"
        ),
    )


def _form(data: str | None = None, kind: int = 0) -> PublicForm:
    types = _types()
    fields = [RequestField(name="city", label="Ciudad", is_required=True)]
    offer = Offer(list(types), [], fields={types[0].pk: fields})
    form = PublicForm(QueryDict(data) if data is not None else None, offer=offer, request_type=types[kind])
    form.carry_key(FormKey(UUID(int=1)).token())
    return form


def _term(days: int) -> Term:
    return Term("", None, days, AT.date(), date(2026, 12, days), "notice_days")


def _forms() -> dict[str, tuple[str, dict[str, Any]]]:
    request_type, dated = _types()
    shown = {
        "request_type": request_type,
        "words": request_type.words,
        "several_types": True,
        "documents_asked": [RequiredDocument(name="Croquis", hint="De la ubicación.")],
        "terms": [],
        "terms_change": None,
        "staged": [],
        "uploads_closed": "",
        "limit_reached": False,
        "typed": True,
    }
    staged = [StagedFile(original_name="plano.pdf", size=1_887_437)]
    before = ShownTerms.of([_term(14)])
    moved = {
        "request_type": dated,
        "words": dated.words,
        "terms": [_term(15)],
        "terms_change": TermsChange.between(before, [_term(15)]),
    }
    return {
        "consulta": (FORM, {**shown, "form": _form()}),
        "consulta, refused": (FORM, {**shown, "staged": staged, "form": _form("email=lucia@")}),
        "consulta, limit": (
            FORM,
            {**shown, "staged": staged, "limit_reached": True, "form": _form(VALID)},
        ),
        "consulta, another date": (FORM, {**shown, **moved, "form": _form("details=x", kind=1)}),
        "consulta, no files taken": (
            FORM,
            {**shown, "several_types": False, "uploads_closed": "Envíela sin archivos.", "form": _form()},
        ),
    }


def _codes() -> dict[str, tuple[str, dict[str, Any]]]:
    shown = {
        "form": EmailCodeForm(),
        "form_key": FormKey(UUID(int=1)).token(),
        "email": "lucia@hogar.example",
        "request_type": _types()[0],
        "code_digits": 6,
        "minutes": 30,
        "typed": False,
        **dict.fromkeys(("out_of_attempts", "too_early", "limit_reached"), False),
    }
    wrong = EmailCodeForm(QueryDict("code=12"))
    return {
        "consulta, code": (CODE, shown),
        "consulta, code refused": (CODE, {**shown, "form": wrong}),
        "consulta, code too early": (CODE, {**shown, "too_early": True}),
        "consulta, code limit": (CODE, {**shown, "limit_reached": True}),
        "consulta, code used up": (CODE, {**shown, "out_of_attempts": True}),
        "consulta, code expired": ("portal/public/expired.html", {"documents_gone": False}),
        "consulta, documents gone": ("portal/public/expired.html", {"documents_gone": True}),
    }


def _ticket(**fields: Any) -> Ticket:
    made = Ticket(
        number=3608314,
        request_type_name="Servicio nuevo",
        requester_name="Lucía Vera",
        email="lucia@hogar.example",
        contact_phone="+593997654321",
        registered_at=AT,
        **{"effective_rule": "none", **fields},
    )
    made.remember_lines([])
    return made
