"""Sending the link from the list of administrators: whom, by which channel, who cannot get it and
why, then the result.

The list is `companies`', which knows nothing of links: it is registered here again, with the
action.
"""

from collections import Counter
from collections.abc import Callable, Sequence
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
from desk.directory.companies import AdministratorAdmin
from otp.invitations import invitations
from otp.invitations.invitations import Channel, InvitationRefused, Refusal

MOST = 100  # in one request; for a campaign there is `send_links`


class ChannelForm(forms.Form):
    """How the link goes out."""

    channel = forms.ChoiceField(
        label=_("Canal"),
        widget=UnfoldAdminRadioSelectWidget,
        error_messages={"required": _("Elija por dónde se envía.")},
    )

    def __init__(self, people: Sequence["Person"], data: Any = None) -> None:
        super().__init__(data)
        choices = [(channel.value, f"{channel.label}: {_who_can(people, channel)}") for channel in Channel]
        cast("forms.ChoiceField", self.fields["channel"]).choices = choices


@dataclass(frozen=True)
class Person:
    """Somebody on the list, and by which channels a link cannot be sent now."""

    administrator: Administrator
    refusals: dict[Channel, Refusal]

    @property
    def by_sms(self) -> Refusal | None:
        return self.refusals.get(Channel.SMS)

    @property
    def by_email(self) -> Refusal | None:
        return self.refusals.get(Channel.EMAIL)


class InvitingAdministratorAdmin(AdministratorAdmin):
    actions = ("send_links",)

    def get_actions(self, request: HttpRequest) -> dict[str, tuple[Callable[..., str], str, str] | None]:
        """The links, and no deleting of many at once."""
        return {name: action for name, action in super().get_actions(request).items() if name == "send_links"}

    def has_invite_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("otp.add_invitation")

    @admin.action(description=_("Enviar enlace de ingreso"), permissions=["invite"])
    def send_links(self, request: HttpRequest, queryset: QuerySet[Administrator]) -> HttpResponse | None:
        chosen = list(queryset[: MOST + 1])
        if len(chosen) > MOST:
            told = gettext("Elija hasta %(most)d a la vez. Para más, pida a operaciones que use send_links.")
            messages.error(request, told % {"most": MOST})
            return None
        if "confirmed" not in request.POST:
            return self._ask(request, chosen, None)
        form = ChannelForm(_people(chosen), request.POST)
        if not form.is_valid():
            return self._ask(request, chosen, form)
        user = request.user if isinstance(request.user, User) else None
        _tell(request, *_send(chosen, Channel(form.cleaned_data["channel"]), user))
        return None

    def _ask(
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


admin.site.unregister(Administrator)
admin.site.register(Administrator, InvitingAdministratorAdmin)


def _people(chosen: Sequence[Administrator]) -> list[Person]:
    return [Person(each, _refusals(each)) for each in chosen]


def _refusals(administrator: Administrator) -> dict[Channel, Refusal]:
    found = {channel: invitations.refusal(administrator, channel) for channel in Channel}
    return {channel: refusal for channel, refusal in found.items() if refusal is not None}


def _who_can(people: Sequence[Person], channel: Channel) -> str:
    can = sum(channel not in person.refusals for person in people)
    return gettext("%(can)d de %(all)d pueden recibirlo") % {"can": can, "all": len(people)}


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


def _tell(request: HttpRequest, sent: int, refused: Counter[Refusal]) -> None:
    if sent:
        told = ngettext("Va en camino %(count)d enlace.", "Van en camino %(count)d enlaces.", sent)
        messages.success(request, told % {"count": sent})
    if refused:
        reasons = ", ".join(f"{refusal.label} ({count})" for refusal, count in refused.most_common())
        told = ngettext(
            "%(count)d no se envió: %(why)s.", "%(count)d no se enviaron: %(why)s.", refused.total()
        )
        messages.warning(request, told % {"count": refused.total(), "why": reasons})
