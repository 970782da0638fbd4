"""Heartbeats of the processes, alarms, and the count of failed web requests."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """The last heartbeat of one process, and since when there was no gap (R4.15, R4.16)."""

    name = models.CharField(_("proceso"), max_length=20, primary_key=True)
    at = models.DateTimeField(_("última señal"))
    since = models.DateTimeField(_("sin interrupción desde"))
    # Seconds that its machine's clock is ahead of the database server's; null on SQLite
    clock_skew = models.FloatField(null=True)
    # Only in beat's row (beat_lease.py): which beat holds the lease and until when, and which other
    # beat last tried to take it, and when
    holder = models.CharField(max_length=120, db_default="", default="", blank=True)
    held_until = models.DateTimeField(null=True)
    second_at = models.DateTimeField(null=True)
    second = models.CharField(max_length=120, db_default="", default="", blank=True)

    class Meta:
        verbose_name = _("señal de vida")
        verbose_name_plural = _("operación")

    def __str__(self) -> str:
        return self.name


class Alarm(models.Model):
    """A problem that was mailed to operations; open while it lasts (R4.17)."""

    kind = models.CharField(_("alarma"), max_length=40)
    detail = models.CharField(_("detalle"), max_length=300)  # label and value of a metric, nothing personal
    raised_at = models.DateTimeField(_("desde"))
    cleared_at = models.DateTimeField(_("hasta"), null=True)

    class Meta:
        verbose_name = _("alarma")
        verbose_name_plural = _("alarmas")
        ordering = ["-raised_at", "-pk"]
        constraints = [
            # Worker and sweep may see the problem at the same time: only one opens the alarm
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(cleared_at=None), name="alarm_open_once"
            )
        ]
        indexes = [models.Index(fields=["raised_at"], name="alarm_raised_at")]

    def __str__(self) -> str:
        return self.kind


class WebErrors(models.Model):
    """How many requests of one minute ended in an unexpected error, a 500 (web_errors.py)."""

    minute = models.DateTimeField(unique=True)
    count = models.PositiveIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return f"{self.minute:%Y-%m-%d %H:%M} {self.count}"
