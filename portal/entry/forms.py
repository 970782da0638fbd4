"""The two forms of the sign-in: phone number, code."""

import unicodedata

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from companies.phones import MAX_TYPED, InvalidPhone, normalise_mobile


class EntryForm(forms.Form):
    """The administrator's phone number, typed in any form that A18 allows; cleaned to E.164."""

    phone = forms.CharField(
        label=_("Número móvil del administrador"),
        max_length=MAX_TYPED,
        help_text=_("Por ejemplo: 099 123 4567"),
        error_messages={"required": _("Ingrese el número móvil del administrador.")},
        widget=forms.TelInput(attrs={"autocomplete": "tel"}),
    )

    def clean_phone(self) -> str:
        try:
            return normalise_mobile(self.cleaned_data["phone"])
        except InvalidPhone as error:
            raise ValidationError(str(error)) from error


class CodeForm(forms.Form):
    """The code, typed or pasted, with or without spaces and dashes (R1.22)."""

    code = forms.CharField(
        label=_("Código"),
        max_length=10,
        error_messages={"required": _("Ingrese el código que recibió por SMS.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.fields["code"].widget.attrs["pattern"] = rf"[ \-]*([0-9][ \-]*){{{settings.OTP_DIGITS}}}"

    def clean_code(self) -> str:
        code = "".join(character for character in self.cleaned_data["code"] if character not in " -\u00a0")
        if any(not character.isdecimal() for character in code):
            raise ValidationError(_("El código tiene solo números."))
        if len(code) != settings.OTP_DIGITS:
            raise ValidationError(_("El código tiene %(digits)d dígitos.") % {"digits": settings.OTP_DIGITS})
        return "".join(str(unicodedata.decimal(character)) for character in code)  # digits of any script
