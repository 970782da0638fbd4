"""Form fields of a request type's own questions (`RequestField`), and records of the answers."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from companies import phones
from companies.identity import InvalidTaxId, check_tax_id
from portal.request.fields import ContactPhone, Email, LongText, TypedText
from tickets.models import RequestField

PREFIX = "field_"
YES, NO = "si", "no"
MAX_RADIOS = 6  # options shown as radio buttons; a longer list is a drop-down
Kind = RequestField.Kind
# Attribute that the template reads: a field required in some cases is not marked as optional
CONDITIONAL = "conditional"


class Number(TypedText):
    """A whole number of up to twelve digits, with or without points between thousands."""

    def clean(self, value: Any) -> str:
        typed: str = super().clean(value)
        digits = re.sub(r"[\s.]", "", typed)
        if typed and not re.fullmatch(r"[0-9]{1,12}", digits):
            raise ValidationError(_("Escriba un número entero, solo con cifras."), code="invalid")
        return str(int(digits)) if typed else ""


class Money(TypedText):
    """An amount in dollars. A last point or comma with one or two digits after it starts cents."""

    def clean(self, value: Any) -> str:
        typed: str = super().clean(value)
        if not typed:
            return ""
        plain = re.sub(r"[\s$]", "", typed)
        found = re.fullmatch(r"([0-9]{1,3}(?:[.,]?[0-9]{3}){0,3}|[0-9]{1,10})(?:[.,]([0-9]{1,2}))?", plain)
        try:
            amount = Decimal(f"{re.sub('[.,]', '', found[1])}.{found[2] or '0'}") if found else None
        except InvalidOperation:
            amount = None
        if amount is None:
            raise ValidationError(_("Escriba el valor en dólares, como 1250,75."), code="invalid")
        return f"{amount:.2f}"


class Day(forms.DateField):
    """A date, from the browser's control or typed as day/month/year."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_error_messages = {"invalid": "Escriba una fecha completa, como 31/12/2026."}

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y"], **options)


class TaxId(TypedText):
    """A cédula or RUC. A wrong check digit is accepted, because real numbers have one (A19)."""

    def clean(self, value: Any) -> str:
        typed: str = super().clean(value)
        try:
            return check_tax_id(typed).number if typed else ""
        except InvalidTaxId as error:
            raise ValidationError(str(error), code="invalid") from error


def form_field(question: RequestField) -> forms.Field:
    """Return the form field of a question. `RequestForm.clean` requires it only if it is shown."""
    field = _MAKERS[Kind(question.kind)](question)
    field.label, field.help_text, field.required = question.label, question.hint, False
    if question.is_required:
        setattr(field, CONDITIONAL, True)
    return field


def _choice(options: Iterable[tuple[str, str]]) -> forms.Field:
    listed = list(options)
    if len(listed) <= MAX_RADIOS:
        return forms.ChoiceField(choices=listed, widget=forms.RadioSelect)
    return forms.ChoiceField(choices=[("", _("Seleccione una opción")), *listed])


_MAKERS: dict[Kind, Callable[[RequestField], forms.Field]] = {
    Kind.SHORT_TEXT: lambda _question: TypedText(max_length=200),
    Kind.LONG_TEXT: lambda _question: LongText(max_length=2_000, widget=forms.Textarea(attrs={"rows": 4})),
    Kind.NUMBER: lambda _question: Number(widget=forms.TextInput(attrs={"inputmode": "numeric"})),
    Kind.MONEY: lambda _question: Money(widget=forms.TextInput(attrs={"inputmode": "decimal"})),
    Kind.DATE: lambda _question: Day(),
    Kind.PHONE: lambda _question: _Phone(
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"})
    ),
    Kind.EMAIL: lambda _question: Email(max_length=254),
    Kind.TAX_ID: lambda _question: TaxId(widget=forms.TextInput(attrs={"inputmode": "numeric"})),
    Kind.SERVICE_LINE: lambda _question: TypedText(max_length=40),
    Kind.YES_NO: lambda _question: _choice([(YES, _("Sí")), (NO, _("No"))]),
    Kind.CHOICE: lambda question: _choice((option, option) for option in question.options),
}


class _Phone(ContactPhone):
    """A phone number that may be left out."""

    def clean(self, value: Any) -> str:
        return super().clean(value) if str(value or "").strip() else ""


def is_asked(question: RequestField, answers: Mapping[str, Any]) -> bool:
    """Whether the question is shown, given the answers by the name of their question."""
    if not question.shown_if:
        return True
    given = answers.get(question.shown_if)
    wanted = {option.casefold() for option in question.shown_options}
    shown = {YES: _("Sí"), NO: _("No")}.get(str(given), str(given or ""))
    return bool(given) and bool({str(given).casefold(), shown.casefold()} & wanted)


def missing(question: RequestField) -> str:
    """Return the error of a required question without an answer."""
    if question.kind in {Kind.YES_NO, Kind.CHOICE}:
        return _("Elija una respuesta en «%(label)s».") % {"label": question.label}
    return _("Responda «%(label)s».") % {"label": question.label}


def record(question: RequestField, value: Any) -> dict[str, Any]:
    """Return the record that a ticket stores: the question, the value, and its text for people."""
    kept = value.isoformat() if isinstance(value, date) else str(value)
    return {
        "name": question.name,
        "label": question.label,
        "kind": question.kind,
        "value": kept,
        "text": _text(Kind(question.kind), value),
        "personal": question.is_personal,
    }


def _text(kind: Kind, value: Any) -> str:
    match kind:
        case Kind.DATE:
            return date_format(value, r"j \d\e F \d\e Y")
        case Kind.PHONE:
            return phones.display(value)
        case Kind.MONEY:
            whole, cents = str(value).split(".")
            return f"USD {int(whole):,}".replace(",", ".") + f",{cents}"
        case Kind.YES_NO:
            return _("Sí") if value == YES else _("No")
        case _:
            return str(value)
