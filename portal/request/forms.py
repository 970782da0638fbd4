"""Forms of the portal: the company, and the request (A6-A11)."""

from collections.abc import Callable, Collection, Iterable
from functools import cache
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from attachments.intake import Document, KnownDocument, ReceivedDocuments, receive
from attachments.quota import QuotaReached
from attachments.staging import StagedFileGone, StagedFiles, error_text
from companies.models import Administrator, Company
from companies.phones import display
from portal.request.fields import AttachmentsField, ContactPhone, Email, LongText, PersonName
from tickets.models import OTHER_REASON, Reason, RequestType
from tickets.offer import Offer

MAX_DETAILS = 5_000
OTHER = "otro"  # form value of `OTHER_REASON`, which may have no row yet
TYPED = ("request_type", "reason", "requester_name", "email", "contact_phone", "details")


@cache
def settle_texts(form: type[forms.Form]) -> None:
    """Translate the labels, hints and errors of a form once, not at each page: there is only one
    language. They cannot be translated before the applications are loaded.
    """
    for field in form.base_fields.values():
        field.label, field.help_text = str(field.label or ""), str(field.help_text)
        field.error_messages = {code: str(text) for code, text in field.error_messages.items()}


class CompanyForm(forms.Form):
    """Which of the administrator's companies the request is for."""

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
    """The request, its reason and the contact. Request types and reasons are data (A7, A8)."""

    request_type = forms.ChoiceField(
        label=_("Tipo de requerimiento"),
        error_messages={
            "required": _("Seleccione el tipo de requerimiento."),
            "invalid_choice": _("Seleccione un tipo de requerimiento de la lista."),
        },
    )
    reason = forms.ChoiceField(
        label=_("Motivo"),
        help_text=_(
            "Lo preguntamos para mejorar el servicio. Con cualquier motivo, su solicitud se registra igual."
        ),
        error_messages={
            "required": _("Seleccione el motivo."),
            "invalid_choice": _("Ese motivo ya no está en la lista. Seleccione otro."),
        },
    )
    details = LongText(
        label=_("Detalle de la solicitud"),
        max_length=MAX_DETAILS,
        help_text=_("Hasta 5000 caracteres."),
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={
            "required": _("Escriba qué servicios desea dar de baja."),
            "max_length": _(
                "El detalle tiene %(show_value)d caracteres y el límite es %(limit_value)d. "
                "Acórtelo o adjunte el resto en un archivo."
            ),
        },
    )
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
        initial: dict[str, Any] | None = None,
        staged: StagedFiles = StagedFiles(),  # noqa: B008  frozen
        phone: str = "",
        known_documents: Callable[[], Collection[KnownDocument]] = tuple,
    ) -> None:
        settle_texts(RequestForm)
        super().__init__(data, files, initial=initial)
        self._phone = phone  # the verified phone, whose quota counts the documents
        self._known_documents = known_documents  # the documents that an earlier click of this form stored
        self.staged = staged  # documents sent with earlier posts of this form
        self.received = ReceivedDocuments()  # documents of this post, set by `clean_attachments`
        cast("PersonName", self.fields["requester_name"]).registered = self.initial.get(
            "requester_name", ""
        ).strip()
        self._set_offer(offer)

    def offer_changed(self, offer: Offer) -> None:
        """Show what is offered now, after a chosen type or reason was deleted meanwhile."""
        self._set_offer(offer)
        gone = "reason" if str(self["request_type"].value()) in self._types else "request_type"
        self.add_error(gone, ValidationError(self.fields[gone].error_messages["invalid_choice"], code="gone"))

    def _set_offer(self, offer: Offer) -> None:
        self.offer = offer
        self._reasons = {str(reason.pk): reason for reason in offer.reasons}
        self._types = {str(request_type.pk): request_type for request_type in offer.types}
        if len(self._types) == 1:
            self.initial.setdefault("request_type", next(iter(self._types)))
        types: list[Any] = [(pk, request_type.name) for pk, request_type in self._types.items()]
        if len(types) != 1:  # without any type too, so that the list is not blank
            types.insert(0, ("", _("Seleccione el tipo de requerimiento")))
        self._set_choices("request_type", types)
        reasons = _reason_choices(self._reasons.values())
        self._set_choices("reason", [("", _("Seleccione el motivo")), *reasons, (OTHER, OTHER_REASON)])

    @property
    def types(self) -> list[RequestType]:
        return list(self._types.values())

    def shown_type(self) -> RequestType | None:
        """Return the request type that the form would send as it is shown."""
        chosen = self._types.get(str(self["request_type"].value()))
        return chosen or next(iter(self.types), None)

    def assumed_type(self) -> RequestType | None:
        """Return `shown_type` if there are several types and the visitor chose none."""
        several = len(self._types) > 1
        return self.shown_type() if several and str(self["request_type"].value()) not in self._types else None

    def shown_reason(self) -> str:
        """Return the text of the reason that the form would send; empty if none is chosen."""
        value = str(self["reason"].value())
        chosen = self._reasons.get(value)
        return chosen.text if chosen else OTHER_REASON if value == OTHER else ""

    def carry_key(self, token: str) -> None:
        """Make the form show this submission key in place of the posted one."""
        self.initial["submission_key"] = token
        if self.is_bound:
            self.data = cast("MultiValueDict[str, Any]", self.data).copy()
            self.data["submission_key"] = token

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
        """Show why the accepted documents could not be stored, and forget them.

        StagedFileGone concerns documents of an earlier post only: those of this one remain.
        """
        self.add_error("attachments", error_text(problem))
        if not isinstance(problem, StagedFileGone):
            self.received = ReceivedDocuments()

    def clean(self) -> dict[str, Any]:
        """Replace the chosen values by their rows. `OTHER_REASON` may have no row: None."""
        cleaned = self.cleaned_data
        request_type = self._types.get(cleaned.get("request_type", ""))
        reason = self._reasons.get(cleaned.get("reason", ""))
        if request_type and reason and reason.request_type_id != request_type.pk:
            self.add_error("reason", _("Seleccione un motivo del tipo de requerimiento elegido."))
        return {**cleaned, "request_type": request_type, "reason": reason}

    def _set_choices(self, name: str, choices: list[Any]) -> None:
        cast("forms.ChoiceField", self.fields[name]).choices = choices


def initial_of(administrator: Administrator) -> dict[str, str]:
    """The directory's data of the administrator; edits apply to the ticket only (A9)."""
    return {
        "requester_name": administrator.names,
        "email": administrator.email,
        "contact_phone": display(administrator.phone),
    }


def _reason_choices(reasons: Iterable[Reason]) -> list[Any]:
    """Return a plain list, or one grouped by request type if there are several."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for reason in reasons:
        groups.setdefault(reason.request_type.name, []).append((str(reason.pk), reason.text))
    return next(iter(groups.values())) if len(groups) == 1 else list(groups.items())
