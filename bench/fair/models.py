"""The tables that the product's form, ticket and PIN request read and write, with Django's ORM."""

import os
import secrets
from pathlib import Path
from typing import Any, ClassVar

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.db import models
from django.utils import timezone

FOLDER = Path(os.environ["FLOOR_FOLDER"])


class Administrator(models.Model):
    phone = models.CharField(max_length=16, unique=True)
    names = models.CharField(max_length=150)
    email = models.EmailField()
    is_active = models.BooleanField(default=True)

    objects: ClassVar[models.Manager["Administrator"]] = models.Manager()


class Company(models.Model):
    legal_name = models.CharField(max_length=200)
    tax_id = models.CharField(max_length=13, unique=True)
    city = models.CharField(max_length=80)
    advisor_email = models.EmailField()
    administrators = models.ManyToManyField(Administrator, related_name="companies")

    objects: ClassVar[models.Manager["Company"]] = models.Manager()


class BillingAccount(models.Model):
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="billing_accounts")
    number = models.CharField(max_length=30, unique=True)
    cut_day = models.PositiveSmallIntegerField()

    objects: ClassVar[models.Manager["BillingAccount"]] = models.Manager()


class ServiceLine(models.Model):
    account = models.ForeignKey(BillingAccount, on_delete=models.CASCADE, related_name="service_lines")
    number = models.CharField(max_length=40, db_index=True)
    status = models.CharField(max_length=12, default="active")

    objects: ClassVar[models.Manager["ServiceLine"]] = models.Manager()


class Area(models.Model):
    name = models.CharField(max_length=80)
    email = models.EmailField()
    is_active = models.BooleanField(default=True)

    objects: ClassVar[models.Manager["Area"]] = models.Manager()


class RequestType(models.Model):
    name = models.CharField(max_length=100)
    in_portal = models.BooleanField(default=True)
    notice_days = models.PositiveSmallIntegerField(default=15)
    areas = models.ManyToManyField(Area)

    objects: ClassVar[models.Manager["RequestType"]] = models.Manager()

    def __str__(self) -> str:
        return self.name


class Reason(models.Model):
    request_type = models.ForeignKey(RequestType, on_delete=models.CASCADE, related_name="reasons")
    text = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    objects: ClassVar[models.Manager["Reason"]] = models.Manager()

    class Meta:
        ordering = ["position", "text"]

    def __str__(self) -> str:
        return self.text


class Ticket(models.Model):
    status = models.CharField(max_length=12, default="new")
    request_type = models.ForeignKey(RequestType, on_delete=models.PROTECT)
    request_type_name = models.CharField(max_length=100)
    reason = models.ForeignKey(Reason, on_delete=models.PROTECT)
    reason_text = models.CharField(max_length=120)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="tickets")
    company_name = models.CharField(max_length=200)
    company_tax_id = models.CharField(max_length=13, db_index=True)
    administrator = models.ForeignKey(Administrator, on_delete=models.PROTECT)
    verified_phone = models.CharField(max_length=16, db_index=True)
    requester_name = models.CharField(max_length=150)
    email = models.EmailField(db_index=True)
    contact_phone = models.CharField(max_length=16, db_index=True)
    details = models.TextField(max_length=5000)
    confirmed_at = models.DateTimeField(default=timezone.now, db_index=True)
    effective_date = models.DateField(null=True, db_index=True)
    effective_terms = models.JSONField(default=list)
    submission_key = models.UUIDField(unique=True)

    objects: ClassVar[models.Manager["Ticket"]] = models.Manager()


class LatestRequest(models.Model):
    """The latest ticket with a given content, which serves to notice a repeated request."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE)
    request_type = models.ForeignKey(RequestType, on_delete=models.CASCADE)
    content = models.CharField(max_length=64)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    objects: ClassVar[models.Manager["LatestRequest"]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "request_type", "content"], name="latest_once")
        ]


class DurableStorage(FileSystemStorage):
    """Flushes each file to disk, as the product does."""

    def _save(self, name: str, content: "File[Any]") -> str:  # noqa: ARG002  Django's signature
        path = FOLDER / secrets.token_hex(16)
        with path.open("wb") as file:
            for chunk in content.chunks():
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        return str(path.name)


class Attachment(models.Model):
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="attachments")
    original_name = models.CharField(max_length=200)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    file = models.FileField(storage=DurableStorage())

    objects: ClassVar[models.Manager["Attachment"]] = models.Manager()


class TicketEvent(models.Model):
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    actor_name = models.CharField(max_length=150)
    to_status = models.CharField(max_length=12)

    objects: ClassVar[models.Manager["TicketEvent"]] = models.Manager()


class Message(models.Model):
    """The outbox. The view renders the mails; `bench.fair.deliver` sends them."""

    dedup_key = models.CharField(max_length=120, unique=True)
    subject_ref = models.CharField(max_length=60, db_index=True)
    to = models.CharField(max_length=254)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    state = models.CharField(max_length=9, default="queued", db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    tried_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["Message"]] = models.Manager()


class Challenge(models.Model):
    """A code that a visitor requested."""

    phone = models.CharField(max_length=16, db_index=True)
    session_ref = models.CharField(max_length=64, db_index=True)
    nonce = models.CharField(max_length=32)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    objects: ClassVar[models.Manager["Challenge"]] = models.Manager()


class LimitUse(models.Model):
    """How often something was done in a period."""

    key = models.CharField(max_length=120, unique=True)
    count = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[models.Manager["LimitUse"]] = models.Manager()


class AuditEvent(models.Model):
    kind = models.CharField(max_length=12)
    phone = models.CharField(max_length=64, db_index=True)
    session_ref = models.CharField(max_length=64)
    address = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    objects: ClassVar[models.Manager["AuditEvent"]] = models.Manager()
