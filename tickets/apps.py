"""Requests to end services: what may be asked and why, the ticket, its papers, its history."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = _("Solicitudes")
