"""Forms of the portal: the company, and the request (A6-A11)."""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from attachments.intake import Document, KnownDocument, ReceivedDocuments, receive
from attachments.quota import QuotaReached
from attachments.staging import StagedFileGone, StagedFiles, error_text
from companies.models import Administrator, Company
from companies.phones import display
from portal.request import type_fields
from portal.request.fields import AttachmentsField, ContactPhone, Email, LongText, PersonName
from portal.request.line_step import LineReview, LinesPost, LineStep, UnreadableList
from tickets.line_choices import Choices, TooManyChosen
from tickets.models import OTHER_REASON, RequestField, RequestType
from tickets.offer import Offer

MAX_DETAILS = 5_000
MAX_QUESTIONS = 60  # of one type, in a draft
OTHER = "otro"  # form value of `OTHER_REASON`, which may have no row yet
TYPED = ("reason", "requester_name", "email", "contact_phone", "details", "lines_text", "lines_unmatched")
LINE_FIELDS = ("lines", "lines_text", "lines_file", "lines_shown", "lines_unmatched", "lines_remove")
LINES_LEFT_OUT = _("Lo que pide ahora no lleva líneas: las que eligió no se enviarán.")


@cache
def translate_once(form: type[forms.Form]) -> None:
    """Translate the labels, hints and errors of a form class once per process, not for each page.

    The product has one language. Translation needs loaded applications, so it cannot run at import.
    """
    for field in form.base_fields.values():
        field.label, field.help_text = str(field.label or ""), str(field.help_text)
        field.error_messages = {code: str(text) for code, text in field.error_messages.items()}


class CompanyForm(forms.Form):
    """The choice among the administrator's companies."""

    company = forms.ChoiceField(
        label=_("Empresa"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Elija una empresa."),
            "invalid_choice": _("Elija una de estas empresas."),
        },
    )

    def __init__(self, data: MultiValueDict[str, Any] | None = None, *, companies: Iterable[Company]) -> None:
        super().__init__(data)
        self._companies = {str(company.pk): company for company in companies}
        choices = [(pk, company.legal_name) for pk, company in self._companies.items()]
        cast("forms.ChoiceField", self.fields["company"]).choices = choices

    def chosen(self) -> Company:
        return self._companies[self.cleaned_data["company"]]


class RequestForm(forms.Form):
    """The request form: type, reason, details, lines, contact and documents.

    Request types and reasons are rows of the database (A7, A8).
    """

    request_type = forms.CharField(
        label=_("Tipo de requerimiento"),
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": _("Ese tipo de requerimiento ya no se ofrece. Elija otro.")},
    )
    reason = forms.ChoiceField(
        label=_("Motivo"),
        error_messages={
            "required": _("Seleccione el motivo."),
            "invalid_choice": _("Ese motivo ya no está en la lista. Seleccione otro."),
        },
    )
    details = LongText(
        required=False,
        max_length=MAX_DETAILS,
        help_text=_("Hasta 5000 caracteres."),
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={
            "max_length": _(
                "El detalle tiene %(show_value)d caracteres y el límite es %(limit_value)d. "
                "Acórtelo o adjunte el resto en un archivo."
            ),
        },
    )
    # The numbers of the chosen lines; the fields of each are read by `Choices`
    lines = forms.Field(label=_("Líneas"), required=False, widget=forms.SelectMultiple)
    lines_text = LongText(
        label=_("Escriba o pegue los números"),
        required=False,
        help_text=_("En cualquier orden y forma, también rangos: 0991234500 a 0991234520."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    lines_file = forms.Field(
        label=_("O envíe la lista en un archivo"),
        required=False,
        help_text=_(".xlsx, .xls o .csv de hasta 2 MB."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
    )
    lines_shown = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    lines_unmatched = forms.BooleanField(
        label=_("Enviar como texto, dentro del detalle, lo que no reconocimos"), required=False
    )
    lines_remove = forms.BooleanField(label=_("Quitar todas estas líneas"), required=False)
    requester_name = PersonName(
        label=_("Nombres del solicitante"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={
            "required": _("Escriba los nombres del solicitante."),
            "max_length": _("Los nombres tienen %(show_value)d caracteres y el límite es %(limit_value)d."),
        },
    )
    email = Email(
        label=_("Correo electrónico"),
        max_length=254,
        help_text=_("A este correo enviaremos la confirmación."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": _("Escriba un correo electrónico."),
            "invalid": _("Escriba un correo electrónico completo, como nombre@empresa.com."),
            "max_length": _("El correo tiene %(show_value)d caracteres y el límite es %(limit_value)d."),
        },
    )
    contact_phone = ContactPhone(
        label=_("Teléfono de contacto"),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
        error_messages={"required": _("Escriba un teléfono de contacto.")},
    )
    attachments = AttachmentsField(
        label=_("Archivos que adjunta"),
        required=False,
        help_text=_(
            "Word, Excel, PDF o JPG que apoyen o detallen su solicitud: hasta 5 archivos de 2 MB cada uno."
        ),
    )
    submission_key = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: MultiValueDict[str, Any] | None = None,
        files: MultiValueDict[str, Any] | None = None,
        *,
        offer: Offer,
        request_type: RequestType,
        initial: dict[str, Any] | None = None,
        staged: StagedFiles = StagedFiles(),  # noqa: B008  frozen
        phone: str = "",
        known_documents: Callable[[], Collection[KnownDocument]] = tuple,
    ) -> None:
        translate_once(RequestForm)
        super().__init__(data, files, initial=initial)
        self._phone = phone  # the verified phone, whose quota counts the documents
        self._known_documents = known_documents  # the documents that an earlier click of this form stored
        self.staged = staged  # documents sent with earlier posts of this form
        self.received = ReceivedDocuments()  # documents of this post, set by `clean_attachments`
        self.line_step: LineStep | None = None  # set with the form's key
        self.line_review: LineReview | None = None
        cast("PersonName", self.fields["requester_name"]).registered = self.initial.get(
            "requester_name", ""
        ).strip()
        self._ask_for(offer, request_type)

    def _ask_for(self, offer: Offer, request_type: RequestType) -> None:
        """Adapt the fields to the request type: its reasons, texts, lines and own questions."""
        self.offer, self.type = offer, request_type
        self.initial["request_type"] = request_type.code
        words = request_type.words
        details = self.fields["details"]
        details.label = words.text("details_label")
        setattr(details, type_fields.CONDITIONAL, True)
        self._reasons = {str(reason.pk): reason for reason in offer.reasons_of(request_type)}
        if request_type.asks_reason:
            self.fields["reason"].help_text = words.text("reason_hint")
            reasons = [(pk, reason.text) for pk, reason in self._reasons.items()]
            choices = [("", _("Seleccione el motivo")), *reasons, (OTHER, OTHER_REASON)]
            cast("forms.ChoiceField", self.fields["reason"]).choices = choices
        else:
            del self.fields["reason"]
        if not request_type.asks_lines:
            for name in LINE_FIELDS:
                del self.fields[name]
        self._questions = offer.fields_of(request_type)
        for question in self._questions:
            self.fields[f"{type_fields.PREFIX}{question.name}"] = type_fields.form_field(question)
        # In the order of the page, so that the summary lists the errors in that order
        own = [name for name in self.fields if name.startswith(type_fields.PREFIX)]
        self.order_fields(["request_type", "reason", *own, *LINE_FIELDS])

    def questions(self) -> list[tuple[RequestField, BoundField]]:
        """Return the type's own questions, each with its bound field."""
        return [(each, self[f"{type_fields.PREFIX}{each.name}"]) for each in self._questions]

    def offer_changed(self) -> None:
        """Add an error: a reason or the type was deleted after the form was shown."""
        gone = "reason" if self.type.asks_reason else "request_type"
        self.add_error(gone, ValidationError(self.fields[gone].error_messages["invalid_choice"], code="gone"))

    def shown_reason(self) -> str:
        """Return the text of the reason that the form would send; empty if none is chosen."""
        if "reason" not in self.fields:
            return ""
        value = str(self["reason"].value())
        chosen = self._reasons.get(value)
        return chosen.text if chosen else OTHER_REASON if value == OTHER else ""

    def read_lines(self) -> None:
        """Set `line_review` from the posted lines. An unreadable list is an error at its field."""
        if self.line_step is None or "lines" not in self.fields:
            return
        given = self.cleaned_data
        shown = given.get("lines_shown", "")
        try:
            choices = Choices.posted(cast("QueryDict", self.data))
        except TooManyChosen as too_many:
            self.add_error("lines", ValidationError(str(too_many), code="too_many"))
        if "lines_text" not in given or "lines" in self.errors:
            self.line_review = LineReview(self.line_step.seen(shown))
            return
        post = LinesPost(
            given["lines_text"],
            given["lines_file"],
            shown,
            given["lines_remove"],
            choices,
        )
        try:
            self.line_review = self.line_step.take(post)
        except (UnreadableList, TooManyChosen) as refused:
            name = refused.field if isinstance(refused, UnreadableList) else "lines"
            self.add_error(name, ValidationError(str(refused), code="unreadable"))
            self.line_review = LineReview(self.line_step.seen(shown))
            return
        if self.line_review.was_shown and self.line_review.understood.unresolved:
            unresolved = _("Corrija las líneas marcadas, o quíteles la marca.")
            self.add_error("lines", ValidationError(unresolved, code="unresolved"))

    def _refuse_stray_lines(self) -> None:
        """Refuse once the lines of a form whose type asked for them when it was shown.

        The page that says so has no lines, so that posting it confirms.
        """
        if "lines" not in self.fields and any(self.data.get(name) for name in LINE_FIELDS):
            self.add_error(None, ValidationError(LINES_LEFT_OUT, code="stray_lines"))

    def details_with_unmatched(self) -> str:
        """Return the details, with the unmatched rows if the visitor asked to send them (A10)."""
        details: str = self.cleaned_data.get("details") or ""
        listed = self.line_review.understood if self.line_review else None
        if listed is None or not listed.unmatched or not self.cleaned_data.get("lines_unmatched"):
            return details
        heading = _("De la lista, sin reconocer:")
        together = f"{details}\n\n{heading}\n{listed.unmatched}".strip()
        if len(together) > MAX_DETAILS:
            too_long = _("Lo que no reconocimos no cabe en el detalle. Adjunte la lista como documento.")
            self.add_error("lines_unmatched", ValidationError(too_long, code="max_length"))
        return together

    def carry_lines(self) -> None:
        """Save the lines that the form shows and put their digest into it; reset the removal."""
        if "lines" not in self.fields or self.line_review is None:
            return
        self.initial["lines_shown"] = self.line_review.understood.digest
        if self.is_bound:
            if self.line_step is not None:
                self.line_step.keep(self.line_review)
            self.data = cast("MultiValueDict[str, Any]", self.data).copy()
            self.data["lines_shown"] = self.initial["lines_shown"]
            if self.data.pop("lines_remove", None):
                self.data["lines_text"] = ""

    def carry_key(self, token: str) -> None:
        """Make the form show this submission key and its type in place of the posted ones."""
        self.initial["submission_key"] = token
        if self.is_bound:
            self.data = cast("MultiValueDict[str, Any]", self.data).copy()
            self.data["submission_key"] = token
            self.data["request_type"] = self.type.code

    def clean_attachments(self) -> tuple[Document, ...]:
        """Inspect the files; at most five documents, with those staged before (A11).

        The error names each refused file. `received` keeps the accepted ones.
        """
        try:
            self.received = receive(
                self.cleaned_data["attachments"], len(self.staged.files), self._phone, self._known_documents
            )
        except QuotaReached as reached:
            raise ValidationError(error_text(reached), code="quota") from reached
        problems = [ValidationError(problem, code="refused_file") for problem in self.received.problems]
        if self.staged.missing:
            missing = ngettext(
                "Un documento que estaba guardado ya no está disponible. "
                "Adjúntelo otra vez, o confirme sin él.",
                "%(count)d documentos que estaban guardados ya no están disponibles. "
                "Adjúntelos otra vez, o confirme sin ellos.",
                self.staged.missing,
            ) % {"count": self.staged.missing}
            problems.append(ValidationError(missing, code="missing_file"))
        if problems:
            raise ValidationError(problems)
        return self.received.accepted

    def refuse_documents(self, problem: Exception) -> None:
        """Add the error that the accepted documents could not be stored, and drop them.

        StagedFileGone concerns documents of an earlier post only, so those of this post stay.
        """
        self.add_error("attachments", error_text(problem))
        if not isinstance(problem, StagedFileGone):
            self.received = ReceivedDocuments()

    def clean_request_type(self) -> RequestType:
        """Return the type of the form. A posted one that is not offered is an error (A7)."""
        posted = self.cleaned_data["request_type"]
        if posted and self.offer.type_of(posted) != self.type:
            raise ValidationError(
                self.fields["request_type"].error_messages["invalid_choice"], code="invalid_choice"
            )
        return self.type

    def clean(self) -> dict[str, Any]:
        """Add `answers`, and replace the reason by its row, or by None for `OTHER_REASON`.

        The details, a document, an answer or a line must say what is requested.
        """
        self.read_lines()
        self._refuse_stray_lines()
        cleaned = self.cleaned_data
        cleaned["details"] = self.details_with_unmatched() if "details" in cleaned else ""
        given = {each.name: cleaned.get(f"{type_fields.PREFIX}{each.name}") for each in self._questions}
        answers = []
        for question in self._questions:
            name, answer = f"{type_fields.PREFIX}{question.name}", given[question.name]
            if name in self.errors or not type_fields.is_asked(question, given):
                continue
            if answer in (None, ""):
                if question.is_required:
                    self.add_error(name, ValidationError(type_fields.missing(question), code="required"))
                continue
            answers.append(type_fields.record(question, answer))
        listed = self.line_review
        of_lines = listed is not None and (listed.requested or not listed.was_shown)
        asked = cleaned.get("details") or answers or cleaned.get("attachments") or self.staged.files
        says_what = asked or of_lines
        if not says_what and not {"details", "attachments", *LINE_FIELDS} & set(self.errors):
            missing = self.type.words.text("details_missing")
            self.add_error("details", ValidationError(missing, code="required"))
        return {**cleaned, "reason": self._reasons.get(cleaned.get("reason", "")), "answers": answers}


def initial_of(administrator: Administrator) -> dict[str, str]:
    """Return the administrator's data in the directory; edits apply to the ticket only (A9)."""
    return {
        "requester_name": administrator.names,
        "email": administrator.email,
        "contact_phone": display(administrator.phone),
    }


def typed_in(posted: Mapping[str, str]) -> dict[str, str]:
    """Return what the visitor typed or chose in a posted form, by the name of its field."""
    own = [name for name in posted if name.startswith(type_fields.PREFIX)][:MAX_QUESTIONS]
    return {name: posted.get(name, "") for name in (*TYPED, *own)}
