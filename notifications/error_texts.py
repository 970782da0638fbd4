"""Describes the last error of a message for staff at the desk: what happened and what to do."""

import re

from django.utils.translation import gettext as _

from notifications.email.email_errors import ACCOUNT_STATUSES
from notifications.models import Message
from notifications.sending.claims import LEASE

State = Message.State
ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")  # RFC 3463: class, subject and detail
BASIC = re.compile(r"\s*([245]\d\d)\b")  # RFC 5321: the reply code, if there is no enhanced one
API = re.compile(r"API (\d{3})\b|[{\[<]")  # from a provider's API: a status, or JSON or HTML
EXCEPTION = re.compile(r"[A-Za-z]+")  # the name of an exception's class


def describe(message: Message) -> str:
    """Return the last error as a sentence for staff, or an empty string if there is none."""
    error = message.last_error
    if not error or message.channel == Message.Channel.SMS:
        return error  # SMS gateways record a sentence (docs/sms.md)
    expired = message.tried_at is not None and message.tried_at + LEASE >= message.give_up_at
    if message.state == State.DEAD and EXCEPTION.fullmatch(error) and not expired:
        return _("El mensaje no se pudo preparar: es una falla del sistema. Avise a operaciones.")
    enhanced, basic = ENHANCED.search(error), BASIC.match(error)
    api = API.match(error)
    if api and enhanced is None:
        return _describe_api(int(api[1] or 0), message)
    if enhanced is None and basic is None:
        if message.state == State.FAILED or not EXCEPTION.fullmatch(error):
            return error
        return f"{_('El servidor de correo no responde.')} {_retry_notice(message)}"
    subject = (enhanced[2], enhanced[3]) if enhanced else ("", "")
    permanent = (enhanced[1] if enhanced else basic[1][:1] if basic else "") == "5"
    code = basic[1] if basic else ""
    return _describe_permanent(subject, code) if permanent else _describe_temporary(subject, message)


def _describe_api(status: int, message: Message) -> str:
    if message.state == State.FAILED:
        return _(
            "El proveedor de correo no lo aceptó: revise la dirección y, si está bien, avise a operaciones."
        )
    if status in ACCOUNT_STATUSES:
        refusal = _("El proveedor de correo no acepta la cuenta del portal: avise a operaciones.")
        return f"{refusal} {_retry_notice(message)}"
    return _describe_temporary(("", ""), message)


def _describe_permanent(subject: tuple[str, str], code: str) -> str:
    """Describe a refusal by the subject and detail of RFC 3463, or by the reply code."""
    if subject == ("2", "2") or code == "552":
        return _("El buzón está lleno. Pida otra dirección al destinatario.")
    if subject[0] == "7" or (not subject[0] and code == "554"):
        return _("El servidor del destinatario lo rechazó por sus reglas, quizá como correo no deseado.")
    if subject in {("1", "2"), ("4", "4")}:
        return _("El dominio de la dirección no recibe correo: revise si está bien escrita.")
    if subject[0] in {"1", "2"} or code in {"550", "551", "553"}:
        return _("La dirección no existe o no recibe correo: revise si está bien escrita.")
    return _("El servidor del destinatario lo rechazó.")


def _describe_temporary(subject: tuple[str, str], message: Message) -> str:
    if subject == ("2", "2"):
        return f"{_('El buzón está lleno por ahora.')} {_retry_notice(message)}"
    return f"{_('El servidor de correo pidió esperar.')} {_retry_notice(message)}"


def _retry_notice(message: Message) -> str:
    if message.state == State.DEAD:
        return _("Se intentó durante 72 horas: ya no se vuelve a intentar solo.")
    return _("Se vuelve a intentar solo.")
