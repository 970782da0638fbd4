"""The portal's forms: which company, and what is asked for it (A6-A11)."""

from collections.abc import Callable, Collection, Iterable
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
OTHER = "otro"  # the value of `OTHER_REASON` in the form, which may have no row yet
TYPED = ("request_type", "reason", "requester_name", "email", "contact_phone", "details")


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
    """What is asked, why, and how to reach who asks. Reasons and
    request types are data (A7, A8).
    """

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
        held: StagedFiles = StagedFiles(),  # noqa: B008  frozen
        phone: str = "",
        inspected: Callable[[], Collection[KnownDocument]] = tuple,
    ) -> None:
        super().__init__(data, files, initial=initial)
        self._phone = phone  # whose documents are counted
        self._inspected = inspected  # which documents need not be opened again
        self.held = held  # the documents staged for it already
        self.received = ReceivedDocuments()  # what came with it now, once it is judged
        cast("PersonName", self.fields["requester_name"]).registered = self.initial.get(
            "requester_name", ""
        ).strip()
        self._reasons = {str(reason.pk): reason for reason in offer.reasons}
        self._types = {str(request_type.pk): request_type for request_type in offer.types}
        if len(self._types) == 1:
            self.initial.setdefault("request_type", next(iter(self._types)))
        self._offer("request_type", _type_choices(self.types))
        listed = _reason_choices(self._reasons.values())
        self._offer("reason", [("", _("Seleccione el motivo")), *listed, (OTHER, OTHER_REASON)])

    @property
    def types(self) -> list[RequestType]:
        return list(self._types.values())

    def shown_type(self) -> RequestType | None:
        """The request type that the form, as it is shown, would send."""
        chosen = self._types.get(str(self["request_type"].value()))
        return chosen or next(iter(self.types), None)

    def assumed_type(self) -> RequestType | None:
        """The type of `shown_type`, where there are several and none is chosen yet."""
        several = len(self._types) > 1
        return self.shown_type() if several and str(self["request_type"].value()) not in self._types else None

    def shown_reason(self) -> str:
        """The text of the reason that the form, as it is shown, would send; empty while none is
        chosen.
        """
        value = str(self["reason"].value())
        chosen = self._reasons.get(value)
        return chosen.text if chosen else OTHER_REASON if value == OTHER else ""

    def carry_key(self, token: str) -> None:
        """Show this submission key, whatever was posted."""
        self.initial["submission_key"] = token
        if self.is_bound:
            self.data = cast("MultiValueDict[str, Any]", self.data).copy()
            self.data["submission_key"] = token

    def clean_attachments(self) -> tuple[Document, ...]:
        """Up to five documents with those staged; each one refused is named, and `received` has the
        others.
        """
        try:
            self.received = receive(
                self.cleaned_data["attachments"], len(self.held.files), self._phone, self._inspected
            )
        except QuotaReached as reached:
            raise ValidationError(error_text(reached), code="quota") from reached
        problems = [ValidationError(problem, code="refused_file") for problem in self.received.problems]
        if self.held.missing:
            problems.append(ValidationError(_missing(self.held.missing), code="missing_file"))
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
        """The rows behind what was chosen: a reason belongs to one request type; no row is that of
        `OTHER_REASON`.
        """
        cleaned = self.cleaned_data
        request_type = self._types.get(cleaned.get("request_type", ""))
        reason = self._reasons.get(cleaned.get("reason", ""))
        if request_type and reason and reason.request_type_id != request_type.pk:
            self.add_error("reason", _("Seleccione un motivo del tipo de requerimiento elegido."))
        return {**cleaned, "request_type": request_type, "reason": reason}

    def _offer(self, name: str, choices: list[Any]) -> None:
        cast("forms.ChoiceField", self.fields[name]).choices = choices


def initial_of(administrator: Administrator) -> dict[str, str]:
    """What the directory knows of who asks; what is edited stays with the ticket (A9)."""
    return {
        "requester_name": administrator.names,
        "email": administrator.email,
        "contact_phone": display(administrator.phone),
    }


def _missing(count: int) -> str:
    return ngettext(
        "Un documento que estaba guardado ya no está disponible. Adjúntelo otra vez, o confirme sin él.",
        "%(count)d documentos que estaban guardados ya no están disponibles. "
        "Adjúntelos otra vez, o confirme sin ellos.",
        count,
    ) % {"count": count}


def _type_choices(types: list[RequestType]) -> list[Any]:
    choices = [(str(request_type.pk), request_type.name) for request_type in types]
    return choices if len(choices) == 1 else [("", _("Seleccione el tipo de requerimiento")), *choices]


def _reason_choices(reasons: Iterable[Reason]) -> list[Any]:
    """A plain list, or one grouped by request type where there are several."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for reason in reasons:
        groups.setdefault(reason.request_type.name, []).append((str(reason.pk), reason.text))
    return next(iter(groups.values())) if len(groups) == 1 else list(groups.items())
