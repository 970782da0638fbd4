"""Sending a message again from the desk or to another address, or settling it: done once, on
record.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminTextareaWidget

from notifications import actions, error_texts, message_types
from notifications.models import GIVEN_UP, Message
from notifications.outbox import is_email

State = Message.State
STATE_COLOURS = {
    State.QUEUED: "info",
    State.SENDING: "info",
    State.SENT: "success",
    State.DELIVERED: "success",
    State.FAILED: "danger",
    State.DEAD: "danger",
    State.HELD: "warning",
    State.DROPPED: "base",
}


class ResendForm(forms.Form):
    """Which action this is (actions.py), and the page to return to."""

    serial = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    next = forms.CharField(required=False, widget=forms.HiddenInput)


class RedirectForm(ResendForm):
    to = forms.EmailField(
        label=_("Dirección de correo"),
        max_length=254,
        widget=UnfoldAdminEmailInputWidget(attrs={"autocomplete": "off", "aria-describedby": "again-hint"}),
        error_messages={
            "required": _("Escriba la dirección."),
            "invalid": _("Escriba una dirección de correo, por ejemplo nombre@empresa.com."),
        },
    )

    def clean_to(self) -> str:
        to: str = self.cleaned_data["to"]
        if not is_email(to):
            raise forms.ValidationError(self.fields["to"].error_messages["invalid"])
        return to


class ResolveForm(ResendForm):
    note = forms.CharField(
        label=_("Cómo se resolvió"),
        max_length=300,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "aria-describedby": "again-hint"}),
        error_messages={"required": _("Escriba cómo se resolvió, por ejemplo: se lo leí por teléfono.")},
    )


class DropForm(ResendForm):
    note = forms.CharField(
        label=_("Por qué no se envía"),
        max_length=300,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "aria-describedby": "again-hint"}),
        error_messages={"required": _("Escriba por qué, por ejemplo: el cliente no conoce esa dirección.")},
    )


class ActionKind(Enum):
    """What is done about the message: its form, and its name on the button."""

    AGAIN = ResendForm, _("Reenviar")
    ELSEWHERE = RedirectForm, _("Enviar a otra dirección")
    RESOLVED = ResolveForm, _("Dar por resuelto")
    RELEASED = ResendForm, _("Enviar lo que espera")
    DROPPED = DropForm, _("Descartar")


def may_resolve(user: Any, message: Message) -> bool:
    """Whether to offer it; whoever may send again may also say that there is no need to."""
    still_open = message.state in GIVEN_UP and message.resolved_at is None
    return still_open and user.has_perm("notifications.resend_message")


def may_review(user: Any, message: Message) -> bool:
    """Whether the message is held and this user may send or drop it."""
    return message.state == State.HELD and user.has_perm("notifications.resend_message")


@dataclass(frozen=True)
class StaffAction:
    """One request for a message action, by a user with its permission. `page` is what each desk
    page needs.
    """

    request: HttpRequest
    user: User
    message: Message
    way: ActionKind
    page: dict[str, Any]

    def respond(self) -> HttpResponse:
        """GET shows what would be done; POST does it."""
        kind, _label = self.way.value
        if self.request.method != "POST":
            initial = {"serial": actions.serial_of(self.message), "next": self.request.GET.get("next", "")}
            return self._form(kind(initial=initial))
        form = kind(self.request.POST)
        if not form.is_valid():
            return self._form(form, status=422)
        try:
            told = self._act(form)
        except actions.ActionRefused as refused:
            messages.error(self.request, str(refused))
        else:
            messages.success(self.request, told)
        return redirect(self._way_back(form.cleaned_data["next"]))

    def _act(self, form: forms.Form) -> str:
        actor, serial = actions.Actor.of(self.user), form.cleaned_data["serial"]
        what = {"what": message_types.title(self.message)}
        if self.way == ActionKind.RESOLVED:
            actions.resolve(self.message, form.cleaned_data["note"], actor, serial)
            return gettext("El mensaje «%(what)s» queda resuelto.") % what
        if self.way == ActionKind.DROPPED:
            actions.drop(self.message, form.cleaned_data["note"], actor, serial)
            return gettext("«%(what)s» queda descartado: no se envía.") % what
        if self.way == ActionKind.RELEASED:
            sent = actions.release(self.message, actor, serial)
        elif self.way == ActionKind.ELSEWHERE:
            sent = actions.redirect(self.message, form.cleaned_data["to"], actor, serial)
        else:
            sent = actions.resend(self.message, actor, serial)
        return gettext("«%(what)s» está en cola para %(to)s.") % {**what, "to": sent.to}

    def _form(self, form: forms.Form, status: int = 200) -> HttpResponse:
        _kind, label = self.way.value
        back = form["next"].value() or ""
        context = {
            **self.page,
            "title": f"{label}: {message_types.title(self.message)}",
            "label": label,
            "original": self.message,
            "message": self.message,
            "state_colour": STATE_COLOURS[State(self.message.state)],
            "explanation": error_texts.describe(self.message),
            "same_row": self.message.state in {State.QUEUED, *GIVEN_UP},
            "way": self.way.name,
            "form": form,
            "back": self._way_back(back),
        }
        return TemplateResponse(self.request, "desk/message_again.html", context, status=status)

    def _way_back(self, asked: str) -> str:
        """The page of the desk that led here, or else the message's own; never another site."""
        if asked.startswith(reverse("admin:index")) and url_has_allowed_host_and_scheme(
            asked, allowed_hosts=None
        ):
            return asked
        return reverse("admin:notifications_message_change", args=[self.message.pk])


class StaffActionViews:
    """The addresses of these pages, for the admin of messages."""

    admin_site: Any
    opts: Any

    def again_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/reenviar/", view(self.again_view), name="notifications_message_again"),
            path(
                "<int:pk>/otra-direccion/", view(self.elsewhere_view), name="notifications_message_elsewhere"
            ),
            path("<int:pk>/resuelto/", view(self.resolved_view), name="notifications_message_resolved"),
            path("<int:pk>/enviar/", view(self.released_view), name="notifications_message_released"),
            path("<int:pk>/descartar/", view(self.dropped_view), name="notifications_message_dropped"),
        ]

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._respond(request, pk, "notifications.resend_message", ActionKind.AGAIN)

    def elsewhere_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._respond(request, pk, "notifications.redirect_message", ActionKind.ELSEWHERE)

    def resolved_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._respond(request, pk, "notifications.resend_message", ActionKind.RESOLVED)

    def released_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._respond(request, pk, "notifications.resend_message", ActionKind.RELEASED)

    def dropped_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._respond(request, pk, "notifications.resend_message", ActionKind.DROPPED)

    def _respond(self, request: HttpRequest, pk: int, permission: str, way: ActionKind) -> HttpResponse:
        user = request.user
        if not isinstance(user, User) or not user.has_perms(["notifications.view_message", permission]):
            raise PermissionDenied
        email = {"channel": Message.Channel.EMAIL} if way == ActionKind.ELSEWHERE else {}
        message = get_object_or_404(Message, pk=pk, **email)
        page = {**self.admin_site.each_context(request), "opts": self.opts}
        return StaffAction(request, user, message, way, page).respond()
