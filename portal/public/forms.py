"""The forms of `consulta/`: the request of a person without a registered number, and the code."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from attachments.intake import Document
from attachments.quota import QuotaReached
from portal.entry.forms import CodeForm
from portal.request.forms import RequestForm, translate_once
from tickets.effective_date import Term
from tickets.public_requests import PublicSubmission

FILES_CLOSED = _(
    "Hoy no podemos recibir más archivos por esta página. Envíe la consulta sin ellos: "
    "el asesor se los pedirá."
)


class PublicForm(RequestForm):
    """The request form for a person without a registered number: nothing is prefilled."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        translate_once(PublicForm)
        self.fields["email"].help_text = str(_("A este correo enviaremos un código y la confirmación."))

    def clean_attachments(self) -> tuple[Document, ...]:
        """Inspect the files (A11). Their quota is the network's, not a phone's."""
        try:
            return super().clean_attachments()
        except ValidationError as error:
            if any(each.code == "quota" for each in error.error_list):  # speaks of the phone's quota
                raise ValidationError(FILES_CLOSED, code="quota") from error
            raise

    def refuse_documents(self, problem: Exception) -> None:
        if isinstance(problem, QuotaReached):
            self.add_error("attachments", str(FILES_CLOSED))
        else:
            super().refuse_documents(problem)

    def submission(self, key: UUID, sent_at: datetime, terms: Sequence[Term]) -> PublicSubmission:
        """Return the content of the valid form, when it was sent, and the dates that it showed."""
        data = self.cleaned_data
        return PublicSubmission(
            key=key,
            request_type=self.type,
            reason=data["reason"],
            requester_name=data["requester_name"],
            email=data["email"],
            contact_phone=data["contact_phone"],
            details=data["details"],
            answers=data["answers"],
            notice_at=sent_at,
            terms=terms,
            documents=[
                *(file.sha256 for file in self.staged.files),
                *(document.sha256 for document in data["attachments"]),
            ],
        )


class EmailCodeForm(CodeForm):
    """The code that came by e-mail."""

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data)
        field = self.fields["code"]
        required = str(_("Ingrese el código que recibió por correo."))
        field.error_messages = {**field.error_messages, "required": required}
