"""The desk's sign-in and sign-out, based on Django's views. `staff.lockout` has the limits."""

from http import HTTPStatus
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.forms import AuthenticationForm as DjangoForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm

from otp import addresses
from otp.limits.limits import LimitReached
from staff import known_browser, lockout
from staff.record import Kind, record, record_refusal

STATUSES = {"locked": HTTPStatus.TOO_MANY_REQUESTS, "busy": HTTPStatus.SERVICE_UNAVAILABLE}
RETRY_SECONDS = "5"


class SignInForm(AuthenticationForm):
    """Check the limits before Django hashes the password, and record the result of the attempt.

    A refusal has the same text whether the account exists or not.
    """

    request: HttpRequest

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = self.cleaned_data
        username, password = typed.get("username"), typed.get("password")
        if not username or not password:
            return typed
        request = self.request
        attempt = lockout.Attempt(
            username, known_browser.browser_of(request), addresses.client_address(request)
        )
        try:
            with lockout.comparing(attempt):
                self._check_password(attempt)
        except LimitReached:
            record_refusal(request, username)
            raise ValidationError(
                _(
                    "Hubo demasiados intentos con este usuario o desde esta red. Espere unos minutos y vuelva a "
                    "intentar; en un navegador con el que ya ingresó antes puede hacerlo ahora."
                ),
                code="locked",
            ) from None
        except lockout.Busy:
            raise ValidationError(
                _("Hay otros ingresos en curso. Espere unos segundos y vuelva a intentar."), code="busy"
            ) from None
        return typed

    def _check_password(self, attempt: lockout.Attempt) -> None:
        """Let Django compare the password. It takes as long for a username without an account."""
        try:
            super().clean()
        except ValidationError:
            record(Kind.WRONG, self.request, attempt.username)
            if attempt.is_locked():
                record(Kind.LOCKED, self.request, attempt.username)
            raise
        lockout.forgive(attempt)


class SignIn(LoginView):
    http_method_names = ["get", "head", "post"]
    authentication_form = SignInForm
    template_name = "admin/login.html"
    next_page = "admin:index"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if admin.site.has_permission(request):
            return redirect("admin:index")
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: DjangoForm) -> HttpResponse:
        response = super().form_valid(form)
        user = cast("User", self.request.user)
        record(Kind.SIGNED_IN, self.request, user.get_username(), user)
        known_browser.remember(self.request, response, user.get_username())
        return response

    def form_invalid(self, form: DjangoForm) -> HttpResponse:
        """Answer a wrong password with the form, and an attempt over the limits with a short page.

        The theme's page takes 30 ms of CPU time, too much to spend on refused attempts.
        """
        refused = next((code for code in STATUSES if form.has_error(NON_FIELD_ERRORS, code)), "")
        if not refused:
            response = super().form_invalid(form)
            response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
            return response
        context = {"form": form, "app_path": self.request.get_full_path()}
        response = render(self.request, "sign_in_refused.html", context, status=STATUSES[refused])
        if refused == "busy":
            response["Retry-After"] = RETRY_SECONDS
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what the Django admin passes to its sign-in page."""
        return {
            **super().get_context_data(**kwargs),
            **admin.site.each_context(self.request),
            "title": gettext("Iniciar sesión"),
            "subtitle": None,
            "app_path": self.request.get_full_path(),
            "username": self.request.user.get_username(),
        }


class SignOut(LogoutView):
    http_method_names = ["post"]
    template_name = "registration/logged_out.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = request.user
        response = super().dispatch(request, *args, **kwargs)
        if isinstance(user, User) and response.status_code == HTTPStatus.OK:
            record(Kind.SIGNED_OUT, request, user.get_username(), user)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = admin.site.each_context(self.request)
        return {**super().get_context_data(**kwargs), **page, "has_permission": False}
