"""Metrics of the sign-in codes: the day's limit, SMS sent, conversion, unsent and guessed codes."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.models import Message
from operations import alarms
from operations.metrics import Level, Metric, count, share
from operations.operations_mail import Fact
from otp.limits import guesses, lockout, quotas
from otp.limits.limits import Limit
from otp.models import AuditEvent, Challenge, LimitUse

DAY = timedelta(hours=24)
WARN_SHARE, STOP_SHARE = 0.8, 1.0  # of the day's limit (S1: alarm at 80 %, stop at 100 %)
LAST, LOW_CONVERSION = 50, 0.3  # codes, and the share used (R1.26): SMS pumping never uses its codes
RECENT = timedelta(minutes=30)
MIN_UNSENT = 3  # codes, for an alarm: one number that fails is not an outage

SMS_80 = alarms.kind(
    "sms-day-80",
    gettext_lazy("Salió el 80 % de los códigos del día"),
    gettext_lazy(
        "Vea si el uso es normal (conversión, auditoría de ingresos) antes de subir OTP_SENDS_PER_DAY."
    ),
    daily=True,
)
SMS_100 = alarms.kind(
    "sms-day-100",
    gettext_lazy("Se agotaron los códigos del día: no sale ninguno más"),
    gettext_lazy(
        "Solo cuentan los SMS que salen, a números registrados. Si el uso es legítimo, suba OTP_SENDS_PER_DAY y "
        "reinicie; si no, deje el límite y busque el origen. "
        "Quien recibe un enlace tiene códigos aparte: envíelo a quien lo necesite."
    ),
    daily=True,
)
CONVERSION = alarms.kind(
    "conversion-low",
    gettext_lazy("Pocos códigos llegan a usarse"),
    gettext_lazy(
        "Puede ser abuso del envío de SMS, o SMS que no llegan: compare con el proveedor y la auditoría."
    ),
    daily=True,
)
UNSENT = alarms.kind(
    "codes-failing",
    gettext_lazy("Los códigos no salen: nadie puede ingresar"),
    gettext_lazy(
        "Revise la cuenta y el estado del proveedor de SMS (docs/sms.md) y pruebe con send_test_message --sms."
    ),
)

GUESSED = alarms.kind(
    "codes-guessed",
    gettext_lazy("Demasiados códigos equivocados en total: alguien puede estar probando"),
    gettext_lazy(
        "Cada dirección tiene mientras tanto un cuarto de su límite. Busque el origen en la auditoría de ingresos y "
        "bloquéelo en el proxy (docs/pin.md)."
    ),
)
STOPPED = alarms.kind(
    "phone-stopped",
    gettext_lazy("Un número tuvo 100 códigos equivocados seguidos"),
    gettext_lazy(
        "Solo entra con su navegador de siempre, un enlace o la red móvil. Llame al administrador; después levante la "
        "espera en «Números en espera» o con unlock_phone, o envíele un enlace."
    ),
    daily=True,
)


SENT = Q(kind=AuditEvent.Kind.SENT, result__in=[AuditEvent.Result.DONE, AuditEvent.Result.DOUBTFUL])
NOT_SENT = Q(
    kind=AuditEvent.Kind.SENT,
    result__in=[AuditEvent.Result.UNSENT, AuditEvent.Result.EXPIRED, AuditEvent.Result.LIMIT],
)


def metrics() -> Iterator[Metric]:
    """Report the metrics of the codes; every query uses an index."""
    now = timezone.now()
    yield _day_limit()
    by_codes = _with_sms(now).aggregate(sms=Sum("maybe_sent"))["sms"] or 0
    by_outbox = Message.objects.filter(channel=Message.Channel.SMS, sent_at__gt=now - DAY).count()
    yield Metric(
        "sms_sent_24h",
        _("SMS que salieron en 24 horas"),
        by_codes + by_outbox,
        _("{total} ({codes} de códigos, {others} de otros mensajes)").format(
            total=by_codes + by_outbox, codes=by_codes, others=by_outbox
        ),
    )
    yield from _conversions(now)
    yield _unsent(now)
    yield _guesses()
    stopped = lockout.stopped().count()
    yield Metric(
        "phones_stopped",
        _("Números con 100 códigos equivocados seguidos"),
        stopped,
        count(stopped),
        Level.WARNING if stopped else Level.FINE,
        str(STOPPED.advice) if stopped else "",
        (STOPPED.name,) if stopped else (),
    )


def of_day(start: datetime, end: datetime) -> Iterable[Fact]:
    """Return the digest's section for one day. It reads the audit, because challenges are deleted
    after a day.
    """
    counts = AuditEvent.objects.filter(at__gte=start, at__lt=end).aggregate(
        asked=Count("pk", filter=Q(kind=AuditEvent.Kind.ASKED)),
        sent=Count("pk", filter=SENT),
        unsent=Count("pk", filter=NOT_SENT),
        verified=Count("pk", filter=Q(kind=AuditEvent.Kind.VERIFIED, method=AuditEvent.Method.PIN)),
    )
    others = Message.objects.filter(channel=Message.Channel.SMS, sent_at__gte=start, sent_at__lt=end).count()
    yield Fact(_("Códigos pedidos"), [str(counts["asked"])])
    yield Fact(
        _("SMS enviados"),
        [_("{codes} de códigos, {others} de otros").format(codes=counts["sent"], others=others)],
    )
    yield Fact(_("Códigos que no salieron"), [str(counts["unsent"])])
    conversion = share(counts["verified"] / counts["sent"] if counts["sent"] else None)
    yield Fact(_("Ingresos con código"), [f"{counts['verified']} ({conversion})"])


def _fullest(limits: Iterable[Limit]) -> tuple[int, int]:
    """Return the uses and the maximum of the rate that is closest to its maximum.

    Without any rate nothing is used, of one.
    """
    now = timezone.now()
    uses = [
        (
            LimitUse.objects.filter(key=limit.key, at__gt=now - timedelta(seconds=rate.seconds)).count(),
            rate.count,
        )
        for limit in limits
        for rate in limit.rates
    ]
    return max(uses, key=lambda pair: pair[0] / pair[1], default=(0, 1))


def _guesses() -> Metric:
    used, most = _fullest([guesses.overall()])
    reached = used >= most
    return Metric(
        "wrong_codes_ratio",
        _("Códigos equivocados, de los que dan la alarma"),
        used / most,
        _("{used} de {most} ({percent})").format(
            used=count(used), most=count(most), percent=share(used / most)
        ),
        Level.CRITICAL if reached else Level.FINE,
        str(GUESSED.advice) if reached else "",
        (GUESSED.name,) if reached else (),
    )


def _day_limit() -> Metric:
    """Report the use of the day's limit of codes, general or invited, whichever is fuller (S1).

    The window slides: "a day" is the last 24 hours, so it frees one use at a time and the next
    visitor takes it. To keep the alarm from opening and closing each time, a code that the limit
    withheld in the last 30 minutes also keeps it open.
    """
    used, most = _fullest([quotas.sends_of_day(invited=invited) for invited in (False, True)])
    ratio = used / most
    since = timezone.now() - RECENT
    withheld = Challenge.objects.filter(created_at__gt=since, outcome=Challenge.Outcome.LIMIT).exists()
    level = Level.FINE
    active: tuple[alarms.AlarmKind, ...] = ()
    if ratio >= STOP_SHARE or withheld:
        level, active = Level.CRITICAL, (SMS_80, SMS_100)
    elif ratio >= WARN_SHARE:
        level, active = Level.WARNING, (SMS_80,)
    return Metric(
        "sms_day_budget_used_ratio",
        _("Códigos que salieron, del límite del día"),
        ratio,
        _("{used} de {most} ({percent})").format(used=count(used), most=count(most), percent=share(ratio)),
        level,
        str(active[-1].advice) if active else "",
        tuple(kind.name for kind in active),
    )


def _conversions(now: datetime) -> Iterator[Metric]:
    """Report which share of the sent codes was used, leaving out those that may still be used."""
    finished = Q(used_at__isnull=False) | Q(expires_at__lte=now)
    counts = _with_sms(now).filter(finished).aggregate(sent=Count("pk"), used=Count("used_at"))
    yield _conversion("conversion_24h_ratio", _("Conversión en 24 horas"), counts["used"], counts["sent"])
    all_finished = Challenge.objects.filter(maybe_sent__gt=0).filter(finished)
    last = list(all_finished.order_by("-created_at").values_list("used_at", flat=True)[:LAST])
    used = sum(moment is not None for moment in last)
    label = _("Conversión de los últimos {count} envíos").format(count=LAST)
    low = len(last) == LAST and used / LAST < LOW_CONVERSION
    yield _conversion("conversion_last_50_ratio", label, used, len(last), low=low)


def _conversion(name: str, label: str, used: int, sent: int, *, low: bool = False) -> Metric:
    ratio = used / sent if sent else None
    display = share(ratio)
    if sent:
        display = _("{percent} ({used} de {sent})").format(percent=display, used=used, sent=sent)
    if not low:
        return Metric(name, label, ratio, display)
    return Metric(name, label, ratio, display, Level.WARNING, str(CONVERSION.advice), (CONVERSION.name,))


def _unsent(now: datetime) -> Metric:
    counts = Challenge.objects.filter(created_at__gt=now - RECENT).aggregate(
        unsent=Count("pk", filter=Q(outcome__in=[Challenge.Outcome.FAILED, Challenge.Outcome.EXPIRED])),
        sent=Count("pk", filter=Q(outcome=Challenge.Outcome.HANDLED, maybe_sent__gt=0)),
    )
    failing = counts["unsent"] >= MIN_UNSENT and counts["unsent"] > counts["sent"]
    return Metric(
        "codes_unsent_30m",
        _("Códigos que no salieron en 30 minutos"),
        counts["unsent"],
        _("{unsent}, y {sent} que sí").format(**counts),
        Level.CRITICAL if failing else Level.FINE,
        str(UNSENT.advice) if failing else "",
        (UNSENT.name,) if failing else (),
    )


def _with_sms(now: datetime) -> QuerySet[Challenge]:
    """Return the codes of the last 24 hours whose SMS left, or may have left."""
    return Challenge.objects.filter(maybe_sent__gt=0, created_at__gt=now - DAY)
