"""What operations keep: signs of life of the processes, alarms, and how many requests failed."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """The last sign of life of one process, and since when there has been no gap between them
    (R4.15, R4.16).
    """

    name = models.CharField(_("proceso"), max_length=20, primary_key=True)
    at = models.DateTimeField(_("última señal"))
    since = models.DateTimeField(_("sin interrupción desde"))
    # How far its machine's clock is ahead of the database server's, in seconds; none where there is
    # no server
    clock_skew = models.FloatField(null=True)
    # Of beat alone (beat_lease.py): who schedules and until when, and when another last asked to
    # while that one lived
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
    """Something that operations were told of: open while it lasts (R4.17)."""

    kind = models.CharField(_("alarma"), max_length=40)
    detail = models.CharField(_("detalle"), max_length=300)  # metrics only, nothing personal
    raised_at = models.DateTimeField(_("desde"))
    cleared_at = models.DateTimeField(_("hasta"), null=True)

    class Meta:
        verbose_name = _("alarma")
        verbose_name_plural = _("alarmas")
        ordering = ["-raised_at", "-pk"]
        constraints = [
            # Worker and sweep look at the same time: one of them raises it
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(cleared_at=None), name="alarm_open_once"
            )
        ]
        indexes = [models.Index(fields=["raised_at"], name="alarm_raised_at")]

    def __str__(self) -> str:
        return self.kind


class WebErrors(models.Model):
    """How many requests of a minute failed with an error that nobody expected (web_errors.py)."""

    minute = models.DateTimeField(unique=True)
    count = models.PositiveIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return f"{self.minute:%Y-%m-%d %H:%M} {self.count}"
