"""Requests of people without a registered number, until their e-mail address is verified (D7)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from jobs.leases import Leased
from tickets.models.request_types import RequestType


class PublicRequest(Leased):
    """A form sent on `consulta/`, and the state of the code that verifies its e-mail address.

    The code is derived from `nonce` and never stored. The typed text is deleted when the ticket is
    registered; otherwise with the row, after `expires_at`.
    """

    key = models.UUIDField(primary_key=True, editable=False)  # the ticket's submission key
    request_type = models.ForeignKey(RequestType, on_delete=models.CASCADE, related_name="+")
    email = models.EmailField(blank=True)
    content = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)  # SHA-256 of the form
    nonce = models.CharField(max_length=32)  # 128 random bits, in hexadecimal; changes with each code
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()  # when the present code was created
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)
    mail_attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("consulta por verificar")
        verbose_name_plural = _("consultas por verificar")
        indexes = [
            models.Index(
                fields=["created_at"], name="public_request_unmailed", condition=models.Q(mailed_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.key}"
