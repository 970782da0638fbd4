"""Tables with rows as wide as the product's for a ticket, its first event and its two mails."""

from typing import ClassVar

from django.db import models


class CodeRequest(models.Model):
    """A visitor's request for a code."""

    phone = models.CharField(max_length=16)
    nonce = models.CharField(max_length=32)
    at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["CodeRequest"]] = models.Manager()


class Company(models.Model):
    name = models.CharField(max_length=200)
    tax_id = models.CharField(max_length=13)
    address = models.CharField(max_length=200)

    objects: ClassVar[models.Manager["Company"]] = models.Manager()


class Ticket(models.Model):
    company = models.ForeignKey(Company, on_delete=models.PROTECT)
    request_type = models.CharField(max_length=100)
    reason = models.CharField(max_length=120)
    requester_name = models.CharField(max_length=150)
    email = models.EmailField()
    contact_phone = models.CharField(max_length=16)
    details = models.TextField()
    file = models.CharField(max_length=100)
    key = models.UUIDField(unique=True)
    at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["Ticket"]] = models.Manager()


class Event(models.Model):
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT)
    note = models.TextField()
    at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["Event"]] = models.Manager()


class Mail(models.Model):
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT)
    dedup_key = models.CharField(max_length=120, unique=True)
    to = models.CharField(max_length=254)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    state = models.CharField(max_length=9, default="queued")

    objects: ClassVar[models.Manager["Mail"]] = models.Manager()

    class Meta:
        indexes = [models.Index(fields=["id"], name="mail_queued", condition=models.Q(state="queued"))]
