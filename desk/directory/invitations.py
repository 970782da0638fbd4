"""The action on the list of administrators that sends the entry link (A17).

It asks for the channel, shows who cannot be sent a link and why, and then reports the result.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminRadioSelectWidget

from companies.models import Administrator
from otp.invitations import invitations
from otp.invitations.invitations import Channel, InvitationRefused, Refusal

MAX_SELECTED = 100  # in one request; `manage.py send_links` sends to more


class ChannelForm(forms.Form):
    channel = forms.ChoiceField(
        label=_("Canal"),
        widget=UnfoldAdminRadioSelectWidget,
        error_messages={"required": _("Elija por dónde se envía.")},
    )

    def __init__(self, people: Sequence["Person"], data: Any = None) -> None:
        super().__init__(data)
        text = gettext("%(can)d de %(all)d pueden recibirlo")
        choices = []
        for channel in Channel:
            count = sum(channel not in person.refusals for person in people)
            counts = text % {"can": count, "all": len(people)}
            choices.append((channel.value, f"{channel.label}: {counts}"))
        cast("forms.ChoiceField", self.fields["channel"]).choices = choices


@dataclass(frozen=True)
class Person:
    """A selected administrator, with a reason for each channel by which no link can be sent now."""

    administrator: Administrator
    refusals: dict[Channel, Refusal]

    @property
    def sms_refusal(self) -> Refusal | None:
        return self.refusals.get(Channel.SMS)

    @property
    def email_refusal(self) -> Refusal | None:
        return self.refusals.get(Channel.EMAIL)


class SendLinksAction:
    """Mixin for the admin of administrators: send the link to those selected."""

    admin_site: Any
    opts: Any

    def has_invite_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("otp.add_invitation")

    @admin.action(description=_("Enviar enlace de ingreso"), permissions=["invite"])
    def send_links(self, request: HttpRequest, queryset: QuerySet[Administrator]) -> HttpResponse | None:
        chosen = list(queryset[: MAX_SELECTED + 1])
        if len(chosen) > MAX_SELECTED:
            text = gettext("Elija hasta %(most)d a la vez. Para más, pida a operaciones que use send_links.")
            messages.error(request, text % {"most": MAX_SELECTED})
            return None
        if "confirmed" not in request.POST:
            return self._channel_page(request, chosen, None)
        form = ChannelForm(_people(chosen), request.POST)
        if not form.is_valid():
            return self._channel_page(request, chosen, form)
        user = request.user if isinstance(request.user, User) else None
        _report(request, *_send(chosen, Channel(form.cleaned_data["channel"]), user))
        return None

    def _channel_page(
        self, request: HttpRequest, chosen: Sequence[Administrator], form: ChannelForm | None
    ) -> TemplateResponse:
        people = _people(chosen)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Enviar enlace de ingreso"),
            "opts": self.opts,
            "form": form or ChannelForm(people),
            "people": people,
            "refused": [person for person in people if person.refusals],
            "days": invitations.LIFETIME.days,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "desk/send_links.html", context)


def _people(chosen: Sequence[Administrator]) -> list[Person]:
    people = []
    for administrator in chosen:
        refusals = {
            channel: refusal
            for channel in Channel
            if (refusal := invitations.refusal(administrator, channel))
        }
        people.append(Person(administrator, refusals))
    return people


def _send(
    chosen: Sequence[Administrator], channel: Channel, user: User | None
) -> tuple[int, Counter[Refusal]]:
    sent, refused = 0, Counter[Refusal]()
    for administrator in chosen:
        try:
            invitations.invite(administrator, channel, user=user)
        except InvitationRefused as error:
            refused[error.refusal] += 1
        else:
            sent += 1
    return sent, refused


def _report(request: HttpRequest, sent: int, refused: Counter[Refusal]) -> None:
    if sent:
        text = ngettext("Va en camino %(count)d enlace.", "Van en camino %(count)d enlaces.", sent)
        messages.success(request, text % {"count": sent})
    if refused:
        reasons = ", ".join(f"{refusal.label} ({count})" for refusal, count in refused.most_common())
        text = ngettext(
            "%(count)d no se envió: %(why)s.", "%(count)d no se enviaron: %(why)s.", refused.total()
        )
        messages.warning(request, text % {"count": refused.total(), "why": reasons})
