"""Pages of the desk on which staff resend, redirect, resolve, release or drop a message.

The rules, and the record of what was done, are in `notifications.actions`.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
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


class ActionForm(forms.Form):
    """The hidden fields of every action: the page to return to, and the message's serial number.

    The serial changes with each action, so that a second submission of the same form is refused.
    """

    serial = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    next = forms.CharField(required=False, widget=forms.HiddenInput)


class RedirectForm(ActionForm):
    to = forms.EmailField(
        label=_("Dirección de correo"),
        max_length=254,
        widget=UnfoldAdminEmailInputWidget(attrs={"autocomplete": "off", "aria-describedby": "action-hint"}),
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


class ResolveForm(ActionForm):
    note = forms.CharField(
        label=_("Cómo se resolvió"),
        max_length=300,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "aria-describedby": "action-hint"}),
        error_messages={"required": _("Escriba cómo se resolvió, por ejemplo: se lo leí por teléfono.")},
    )


class DropForm(ActionForm):
    note = forms.CharField(
        label=_("Por qué no se envía"),
        max_length=300,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "aria-describedby": "action-hint"}),
        error_messages={"required": _("Escriba por qué, por ejemplo: el cliente no conoce esa dirección.")},
    )


class ActionKind(Enum):
    """What staff can do with a message; each value is the form and the label of the button."""

    RESEND = ActionForm, _("Reenviar")
    REDIRECT = RedirectForm, _("Enviar a otra dirección")
    RESOLVE = ResolveForm, _("Dar por resuelto")
    RELEASE = ActionForm, _("Enviar lo que espera")
    DROP = DropForm, _("Descartar")


@dataclass(frozen=True)
class OfferedActions:
    """The actions that a page offers; `review` stands for releasing or dropping a held message."""

    resend: bool
    redirect: bool
    resolve: bool
    review: bool


def offered_actions(user: User | AnonymousUser, message: Message) -> OfferedActions:
    """Return what this user may do with the message in its present state."""
    may_resend, held = user.has_perm("notifications.resend_message"), message.state == State.HELD
    by_email = message.channel == Message.Channel.EMAIL
    return OfferedActions(
        resend=may_resend and not held,
        redirect=by_email and user.has_perm("notifications.redirect_message"),
        resolve=may_resend and message.state in GIVEN_UP and message.resolved_at is None,
        review=may_resend and held,
    )


@dataclass(frozen=True)
class StaffAction:
    """One HTTP request for an action on a message, by a user with its permission.

    `page` is the context that every page of the desk needs.
    """

    request: HttpRequest
    user: User
    message: Message
    kind: ActionKind
    page: dict[str, Any]

    def respond(self) -> HttpResponse:
        """Show the form on GET; carry out the action on POST."""
        form_class, _label = self.kind.value
        if self.request.method != "POST":
            initial = {"serial": actions.serial_of(self.message), "next": self.request.GET.get("next", "")}
            return self._form(form_class(initial=initial))
        form = form_class(self.request.POST)
        if not form.is_valid():
            return self._form(form, status=422)
        try:
            result = self._perform(form)
        except actions.ActionRefused as refused:
            messages.error(self.request, str(refused))
        else:
            messages.success(self.request, result)
        return redirect(self._return_address(form.cleaned_data["next"]))

    def _perform(self, form: forms.Form) -> str:
        """Carry out the action, and return the sentence that reports it. Raises ActionRefused."""
        actor, serial = actions.Actor.of(self.user), form.cleaned_data["serial"]
        title = {"what": message_types.title(self.message)}
        if self.kind == ActionKind.RESOLVE:
            actions.resolve(self.message, form.cleaned_data["note"], actor, serial)
            return gettext("El mensaje «%(what)s» queda resuelto.") % title
        if self.kind == ActionKind.DROP:
            actions.drop(self.message, form.cleaned_data["note"], actor, serial)
            return gettext("«%(what)s» queda descartado: no se envía.") % title
        if self.kind == ActionKind.RELEASE:
            sent = actions.release(self.message, actor, serial)
        elif self.kind == ActionKind.REDIRECT:
            sent = actions.redirect(self.message, form.cleaned_data["to"], actor, serial)
        else:
            sent = actions.resend(self.message, actor, serial)
        return gettext("«%(what)s» está en cola para %(to)s.") % {**title, "to": sent.to}

    def _form(self, form: forms.Form, status: int = 200) -> HttpResponse:
        _form_class, label = self.kind.value
        context = {
            **self.page,
            "title": f"{label}: {message_types.title(self.message)}",
            "label": label,
            "original": self.message,
            "message": self.message,
            "state_colour": STATE_COLOURS[State(self.message.state)],
            "explanation": error_texts.describe(self.message),
            "requeues": self.message.state in {State.QUEUED, *GIVEN_UP},
            "kind": self.kind.name,
            "form": form,
            "back": self._return_address(form["next"].value() or ""),
        }
        return TemplateResponse(self.request, "desk/message_action.html", context, status=status)

    def _return_address(self, proposed: str) -> str:
        """Return the proposed URL if it is a page of the desk, else the URL of the message's page.

        `next` comes from the browser, so it could lead to another site.
        """
        if proposed.startswith(reverse("admin:index")) and url_has_allowed_host_and_scheme(
            proposed, allowed_hosts=None
        ):
            return proposed
        return reverse("admin:notifications_message_change", args=[self.message.pk])


class StaffActionViews:
    """Mixin for the admin of messages: the URLs and views of the actions."""

    admin_site: Any
    opts: Any

    def action_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/reenviar/", view(self.resend_view), name="notifications_message_resend"),
            path("<int:pk>/otra-direccion/", view(self.redirect_view), name="notifications_message_redirect"),
            path("<int:pk>/resuelto/", view(self.resolve_view), name="notifications_message_resolve"),
            path("<int:pk>/enviar/", view(self.release_view), name="notifications_message_release"),
            path("<int:pk>/descartar/", view(self.drop_view), name="notifications_message_drop"),
        ]

    def resend_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._respond(request, pk, "notifications.resend_message", ActionKind.RESEND)

    def redirect_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._respond(request, pk, "notifications.redirect_message", ActionKind.REDIRECT)

    def resolve_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._respond(request, pk, "notifications.resend_message", ActionKind.RESOLVE)

    def release_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._respond(request, pk, "notifications.resend_message", ActionKind.RELEASE)

    def drop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._respond(request, pk, "notifications.resend_message", ActionKind.DROP)

    def _respond(self, request: HttpRequest, pk: int, permission: str, kind: ActionKind) -> HttpResponse:
        user = request.user
        if not isinstance(user, User) or not user.has_perms(["notifications.view_message", permission]):
            raise PermissionDenied
        channel = {"channel": Message.Channel.EMAIL} if kind == ActionKind.REDIRECT else {}
        message = get_object_or_404(Message, pk=pk, **channel)
        page = {**self.admin_site.each_context(request), "opts": self.opts}
        return StaffAction(request, user, message, kind, page).respond()
