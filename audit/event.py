"""Events of customers and of staff: when, which user, from which network; deleted at the end of
their retention.
"""

from datetime import datetime
from typing import TypeVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.append_only import AppendOnlyModel, AppendOnlyQuerySet

E_co = TypeVar("E_co", bound="AuditedEvent", covariant=True)


class AuditedEventQuerySet(AppendOnlyQuerySet[E_co]):
    """Adds and reads, and deletes what has reached the end of its retention."""

    def purge(self, before: datetime) -> int:
        """Delete events older than `before`, the end of their retention (R8.03). Returns how many
        there were.
        """
        return models.QuerySet.delete(self.filter(at__lt=before))[0]


class AuditedEvent(AppendOnlyModel):
    """One event; its manager is made of an `AuditedEventQuerySet`."""

    at = models.DateTimeField(_("cuándo"))
    # A member of staff; empty for a customer, for a name that has no account and for a command on
    # the machine
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("usuario"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # An IPv6 network at its longest
    address = models.CharField(_("dirección de red"), max_length=43, blank=True)

    class Meta:
        abstract = True
        ordering = ["-at", "-pk"]
