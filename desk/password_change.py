"""The page where staff change their password.

A wrong current password counts towards the limits of the sign-in (R5.02). Otherwise a person at an
unlocked computer, or with a stolen session, could guess it without limit.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from unfold.forms import AdminOwnPasswordChangeForm

from otp import addresses
from otp.limits.limits import LimitReached
from staff import known_browser, lockout
from staff.record import Kind, record, record_refusal


class PasswordForm(AdminOwnPasswordChangeForm):
    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    @sensitive_variables()
    def clean_old_password(self) -> str:
        name, request = self.user.get_username(), self.request
        attempt = lockout.Attempt(name, known_browser.browser_of(request), addresses.client_address(request))
        try:
            with lockout.comparing(attempt):
                return self._check_password(attempt)
        except LimitReached:
            record_refusal(request, name)
            raise ValidationError(
                _("Hubo demasiados intentos. Espere unos minutos y vuelva a intentar.")
            ) from None
        except lockout.Busy:
            raise ValidationError(
                _("Hay otros ingresos en curso. Espere unos segundos y vuelva a intentar.")
            ) from None

    def _check_password(self, attempt: lockout.Attempt) -> str:
        try:
            password: str = super().clean_old_password()
        except ValidationError:
            record(Kind.WRONG, self.request, attempt.username)
            raise
        lockout.forgive(attempt)
        return password


class PasswordChange(PasswordChangeView):
    http_method_names = ["get", "head", "post"]
    form_class = PasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), **admin.site.each_context(self.request)}
