"""Formats dates and times for people, in the installation's time zone and with its name (P5)."""

from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

ECUADOR, GALAPAGOS = "America/Guayaquil", "Pacific/Galapagos"
UTC = {"UTC", "Etc/UTC"}


def zone() -> str:
    """Return the name, in Spanish, of the zone set with `TIME_ZONE`."""
    if settings.TIME_ZONE == ECUADOR:
        return _("hora de Ecuador")
    if settings.TIME_ZONE == GALAPAGOS:
        return _("hora de Galápagos")
    if settings.TIME_ZONE in UTC:
        return _("hora UTC")
    return _("hora de {zone}").format(zone=settings.TIME_ZONE)


def sentence(at: datetime, *, seconds: bool = False) -> str:
    """Format a time such as `30 de noviembre de 2026, 15:01 (hora de Ecuador)`."""
    local = date_format(
        timezone.localtime(at), r"j \d\e F \d\e Y, H:i:s" if seconds else r"j \d\e F \d\e Y, H:i"
    )
    return f"{local} ({zone()})"


def short(at: datetime) -> str:
    """Format a time such as `30 nov 2026, 15:01`, for a column of a list."""
    return date_format(timezone.localtime(at), "j b Y, H:i")
