"""Base of the audit events of customers and of staff: who did something, when and from which
network. Events are deleted at the end of their retention.
"""

from datetime import datetime
from typing import TypeVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.append_only import AppendOnlyModel, AppendOnlyQuerySet

E_co = TypeVar("E_co", bound="AuditedEvent", covariant=True)


class AuditedEventQuerySet(AppendOnlyQuerySet[E_co]):
    """A queryset that reads and inserts; `purge` is its only deletion."""

    def purge(self, before: datetime) -> int:
        """Delete the events older than `before`, the end of their retention (R8.03). Returns how
        many were deleted.
        """
        return models.QuerySet.delete(self.filter(at__lt=before))[0]


class AuditedEvent(AppendOnlyModel):
    """One event. A subclass has to build its manager from `AuditedEventQuerySet`."""

    at = models.DateTimeField(_("cuándo"))
    # The member of staff. Null for customers, for user names that have no account and for commands
    # run on the server
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("usuario"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # 43 characters hold the longest IPv6 network: 39 of the address and "/128"
    address = models.CharField(_("dirección de red"), max_length=43, blank=True)

    class Meta:
        abstract = True
        ordering = ["-at", "-pk"]
