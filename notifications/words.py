"""What an error of a message means, for whoever works at the desk: what happened, and what to do."""

import re

from django.utils.translation import gettext as _

from notifications.models import Message

State = Message.State
# RFC 3463's class, subject and detail where the answer has them, else RFC 5321's three digits
ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
BASIC = re.compile(r"\s*([245]\d\d)\b")


def explain(message: Message) -> str:
    """The last error in words; empty where there is none."""
    error = message.last_error
    if not error:
        return ""
    if message.channel == Message.Channel.SMS:
        return error  # the gateway's are in words already (docs/sms.md)
    if message.state == State.DEAD and re.fullmatch(r"[A-Za-z]+", error):
        return _("El mensaje no se pudo preparar: es una falla del sistema. Avise a operaciones.")
    enhanced, basic = ENHANCED.search(error), BASIC.match(error)
    if enhanced is None and basic is None:
        return _away(error) if message.state in {State.QUEUED, State.DEAD, State.SENDING} else error
    subject = (enhanced[2], enhanced[3]) if enhanced else ("", "")
    final = (enhanced[1] if enhanced else basic[1][:1] if basic else "") == "5"
    return _refusal(subject, basic[1] if basic else "") if final else _delay(subject)


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


def _delay(subject: tuple[str, str]) -> str:
    if subject == ("2", "2"):
        return _("El buzón está lleno por ahora. Se vuelve a intentar solo.")
    return _("El servidor de correo pidió esperar. Se vuelve a intentar solo.")


def _away(error: str) -> str:
    """The name of an exception is what is left of a server that did not answer; anything else is in words already."""
    if re.fullmatch(r"[A-Za-z]+", error):
        return _("El servidor de correo no responde. Se vuelve a intentar solo.")
    return error
