"""The history of a ticket: who did what, and when (R5.09)."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.append_only import AppendOnlyModel, AppendOnlyQuerySet
from jobs.insertion import insert
from tickets.models.tickets import Ticket


class TicketEventQuerySet(AppendOnlyQuerySet["TicketEvent"]):
    def record(
        self, ticket: Ticket, to: str, *, actor: User | None = None, actor_name: str = "", **values: Any
    ) -> "TicketEvent":
        """Add a line to the ticket's history, in the caller's transaction.

        `actor_name` names a customer or the system, if no user is the actor.
        """
        name = actor_name or (actor.get_full_name() or actor.get_username() if actor else "")
        event = self.model(
            ticket=ticket, at=timezone.now(), to_status=to, actor=actor, actor_name=name, **values
        )
        insert(event)
        return event


class TicketEvent(AppendOnlyModel):
    """A line of a ticket's history, written once and never changed (R5.09)."""

    ticket = models.ForeignKey(
        Ticket, verbose_name=_("solicitud"), on_delete=models.PROTECT, related_name="events"
    )
    at = models.DateTimeField(_("cuándo"))
    # Null if the customer or the system acted; `actor_name` names them
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("usuario"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    actor_name = models.CharField(_("quién"), max_length=150)
    from_status = models.CharField(_("de"), max_length=12, choices=Ticket.Status.choices, blank=True)
    to_status = models.CharField(_("a"), max_length=12, choices=Ticket.Status.choices)
    note = models.TextField(_("nota"), blank=True)
    customer_notified = models.BooleanField(_("se avisó al cliente"), default=False)
    customer_note = models.TextField(_("nota para el cliente"), blank=True)
    # Null unless this event set the date (P6)
    effective_date = models.DateField(_("fecha efectiva fijada"), null=True)

    objects = TicketEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("evento")
        verbose_name_plural = _("historial")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_to_status_display()}"
