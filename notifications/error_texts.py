"""What an error of a message means, for whoever works at the
desk: what happened, and what to do.
"""

import re

from django.utils.translation import gettext as _

from notifications.email.email_errors import ACCOUNT_STATUSES
from notifications.models import Message
from notifications.sending.claims import LEASE

State = Message.State
# RFC 3463's class, subject and detail where the answer has them, else RFC 5321's three digits
ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
BASIC = re.compile(r"\s*([245]\d\d)\b")
# What a provider's API answers, in its own language: the status, and words that may quote the
# recipient
API = re.compile(r"API (\d{3})\b|[{\[<]")
EXCEPTION = re.compile(r"[A-Za-z]+")  # the name of one is all that is kept of it


def describe(message: Message) -> str:
    """The last error in words; empty where there is none."""
    error = message.last_error
    if not error:
        return ""
    if message.channel == Message.Channel.SMS:
        return error  # the gateway's are in words already (docs/sms.md)
    if message.state == State.DEAD and EXCEPTION.fullmatch(error) and not _outlived(message):
        return _("El mensaje no se pudo preparar: es una falla del sistema. Avise a operaciones.")
    enhanced, basic = ENHANCED.search(error), BASIC.match(error)
    api = API.match(error)
    if api and enhanced is None:
        return _of_the_api(int(api[1] or 0), message)
    if enhanced is None and basic is None:
        return error if message.state == State.FAILED or not EXCEPTION.fullmatch(error) else _away(message)
    subject = (enhanced[2], enhanced[3]) if enhanced else ("", "")
    final = (enhanced[1] if enhanced else basic[1][:1] if basic else "") == "5"
    return _refusal(subject, basic[1] if basic else "") if final else _delay(subject, message)


def _of_the_api(status: int, message: Message) -> str:
    if message.state == State.FAILED:
        return _(
            "El proveedor de correo no lo aceptó: revise la dirección y, si está bien, avise a operaciones."
        )
    if status in ACCOUNT_STATUSES:
        told = _("El proveedor de correo no acepta la cuenta del portal: avise a operaciones.")
        return f"{told} {_what_follows(message)}"
    return _delay(("", ""), message)


def _refusal(subject: tuple[str, str], code: str) -> str:
    if subject == ("2", "2") or code == "552":
        return _("El buzón está lleno. Pida otra dirección al destinatario.")
    if subject[0] == "7" or (not subject[0] and code == "554"):
        return _("El servidor del destinatario lo rechazó por sus reglas, quizá como correo no deseado.")
    if subject in {("1", "2"), ("4", "4")}:
        return _("El dominio de la dirección no recibe correo: revise si está bien escrita.")
    if subject[0] in {"1", "2"} or code in {"550", "551", "553"}:
        return _("La dirección no existe o no recibe correo: revise si está bien escrita.")
    return _("El servidor del destinatario lo rechazó.")


def _delay(subject: tuple[str, str], message: Message) -> str:
    if subject == ("2", "2"):
        return f"{_('El buzón está lleno por ahora.')} {_what_follows(message)}"
    return f"{_('El servidor de correo pidió esperar.')} {_what_follows(message)}"


def _away(message: Message) -> str:
    return f"{_('El servidor de correo no responde.')} {_what_follows(message)}"


def _what_follows(message: Message) -> str:
    if message.state == State.DEAD:
        return _("Se intentó durante 72 horas: ya no se vuelve a intentar solo.")
    return _("Se vuelve a intentar solo.")


def _outlived(message: Message) -> bool:
    """Whether it was given up because its time was over, and not at a mistake of ours."""
    return message.tried_at is not None and message.tried_at + LEASE >= message.give_up_at
