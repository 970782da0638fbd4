"""The request form and the entry form."""

from typing import Any

from django import forms

from bench.fair.models import Reason, RequestType, Ticket


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Up to five documents of 2 MB."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = [super(FilesField, self).clean(each, initial) for each in data or []]
        if len(files) > 5 or any(file.size > 2 * 1024 * 1024 for file in files):
            raise forms.ValidationError("Hasta 5 archivos de 2 MB.")
        if any(not file.name.lower().endswith((".pdf", ".docx", ".xlsx", ".jpg")) for file in files):
            raise forms.ValidationError("Envíe Word, Excel, PDF o JPG.")
        return files


class RequestForm(forms.ModelForm):  # type: ignore[type-arg]  # only django-stubs subscripts it
    submission_key = forms.UUIDField(widget=forms.HiddenInput)
    request_type = forms.ModelChoiceField(
        RequestType.objects.filter(in_portal=True), label="Tipo de requerimiento", empty_label=None
    )
    reason = forms.ModelChoiceField(
        Reason.objects.filter(is_active=True),
        label="Motivo",
        empty_label="Seleccione el motivo",
        help_text="Lo preguntamos para mejorar el servicio. Con cualquier motivo, su solicitud se "
        "registra igual.",
    )
    attachments = FilesField(
        label="Archivos que adjunta",
        required=False,
        help_text="Word, Excel, PDF o JPG que apoyen o detallen su solicitud: hasta 5 archivos de 2 MB "
        "cada uno.",
    )

    class Meta:
        model = Ticket
        fields = (
            "submission_key",
            "request_type",
            "reason",
            "details",
            "requester_name",
            "email",
            "contact_phone",
        )
        labels = {
            "details": "Detalle de la solicitud",
            "requester_name": "Nombres del solicitante",
            "email": "Correo electrónico",
            "contact_phone": "Teléfono de contacto",
        }
        help_texts = {
            "details": "Hasta 5000 caracteres.",
            "email": "A este correo enviaremos la confirmación.",
        }
        widgets = {
            "requester_name": forms.TextInput(attrs={"autocomplete": "name"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
            "contact_phone": forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
        }


class EntryForm(forms.Form):
    phone = forms.RegexField(r"^09\d{8}$", label="Número de administrador")
