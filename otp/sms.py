"""Writes the texts of SMS: codes (A4, R1.21), links (A1), and changes of administrators (S11).

Each text fits one SMS in the GSM 7-bit alphabet, which has no á, í, ó or ú: one such character
would change the encoding and leave 70 characters. Browsers read the code from the last line:
https://wicg.github.io/sms-one-time-codes/
"""

import re
import unicodedata

from django.conf import settings

from otp.entry_words import entry_text

MAX_SEPTETS = 160  # of one SMS
# The printable part of the GSM 7-bit default alphabet (3GPP TS 23.038), without the extension table
GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Phones that suggest the code take the first such run of digits, so it is removed from the
# operator's name and from the errand
CODE_LIKE = re.compile(r"\d{4,}")
# "@" and "#" mark the host and the code of the last line
RESERVED = "@#\n"
NAME_ROOM = 12  # septets that a long errand must leave for the operator's name


def text(code: str) -> str:
    """Return the SMS with a code. The code comes late in the text, so that the preview on a lock
    screen may not show it.
    """
    minutes = int(settings.OTP_VALIDITY.total_seconds() // 60)
    advice = f" No lo comparta con nadie. Vence en {minutes} min.\n@{settings.PORTAL_HOST} #{code}"
    errand = _errand()
    action = f": para solicitar {errand} use el codigo {code}."
    if not errand or len(action) + len(advice) + NAME_ROOM > MAX_SEPTETS:
        action = f": para su solicitud use el codigo {code}."
    name = _name(MAX_SEPTETS - len(action) - len(advice))
    return f"{name}{action}{advice}" if name else f"{action[2:].capitalize()}{advice}"


def invitation(address: str) -> str:
    """Return the SMS with a link. The link is never cut; the advice is dropped first, then the
    operator's name is shortened.
    """
    advice, errand = "No comparta codigos. ", _errand()
    action = f": solicite aqui {errand} de su empresa. "
    if not errand or len(action) + len(address) + NAME_ROOM > MAX_SEPTETS:
        action = ": haga aqui las solicitudes de su empresa. "
    room = MAX_SEPTETS - len(action) - len(address)
    if room - len(advice) < len(_name(MAX_SEPTETS)):
        advice = ""
    name = _name(room)
    return f"{name}{action}{advice}{address}" if name else f"{action[2:].capitalize()}{advice}{address}"


def contact_changed() -> str:
    """Return the SMS for a number that is no longer an administrator's."""
    return _warning(
        ": este numero ya no administra su empresa en el portal. Si usted no lo pidio, avise cuanto antes"
    )


def administrator_added() -> str:
    """Return the SMS for a company's administrators when it gets another one."""
    return _warning(
        ": otra persona ya puede hacer solicitudes de su empresa. Si no lo pidio, avise cuanto antes"
    )


def _warning(action: str) -> str:
    """Return the operator's name, shortened to fit, the event, and the support phone if it fits."""
    phone = fold(settings.BRAND.support_phone)
    contact = f" al {phone}." if phone and len(action) + len(phone) + 5 < MAX_SEPTETS else "."
    name = _name(MAX_SEPTETS - len(action) - len(contact))
    return f"{name}{action}{contact}" if name else f"{action[2:].capitalize()}{contact}"


def fold(raw: str) -> str:
    """Reduce text to the GSM 7-bit alphabet: other letters lose their accent or are left out."""
    allowed = GSM7.difference(RESERVED)
    return "".join(
        part
        for character in unicodedata.normalize("NFC", raw)
        for part in (character if character in allowed else unicodedata.normalize("NFKD", character))
        if part in allowed
    )


def _errand() -> str:
    """Return what is requested, without digits that could be taken for the code."""
    return CODE_LIKE.sub("", fold(entry_text("errand"))).strip()


def _name(room: int) -> str:
    return CODE_LIKE.sub("", fold(settings.BRAND.name))[: max(room, 0)].strip()
