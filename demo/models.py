"""The demo's mailbox."""

from django.db import models

from notifications.models import Message


class DemoMessage(models.Model):
    """A message "sent" by the demo's gateways, shown in its mailbox; written only in demo mode."""

    channel = models.CharField(max_length=5, choices=Message.Channel.choices)
    to = models.CharField(max_length=254)
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    html = models.TextField(blank=True)
    message_id = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(unique=True)

    class Meta:
        # Explicit, so that gateways.py can be imported, and then refuse, without the app installed
        app_label = "demo"
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.channel} {self.at:%H:%M:%S}"
