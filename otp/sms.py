"""The texts of the SMS: with a code (A4, R1.21), with a link (A1), and about changed administrators
(S11).

Each must fit one SMS in the GSM 7-bit alphabet, where á, í, ó and ú do not exist (one of them would
halve the room). The code's last line is the one that browsers read to fill the code in:
https://wicg.github.io/sms-one-time-codes/
"""

import re
import unicodedata

from django.conf import settings

ROOM = 160  # septets of one SMS
# The printable part of the GSM 7-bit default alphabet (3GPP TS 23.038); the extension table is not
# used
GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Whoever reads the code out of the text takes the first such run of digits: there must be none
# before it
MISLEADING = re.compile(r"\d{4,}")


def text(code: str) -> str:
    """The SMS with this code. The code comes late, so that a locked screen's preview may not show
    it.
    """
    minutes = int(settings.OTP_VALIDITY.total_seconds() // 60)
    action = f": para solicitar la baja de servicios use el codigo {code}."
    advice = f" No lo comparta con nadie. Vence en {minutes} min.\n@{settings.PORTAL_HOST} #{code}"
    name = _name(ROOM - len(action) - len(advice))
    return f"{name}{action}{advice}" if name else f"{action[2:].capitalize()}{advice}"


def invitation(address: str) -> str:
    """The SMS with a link, which comes last and whole whatever its length; the advice gives way to
    the name.
    """
    action, advice = ": solicite aqui la baja de servicios de su empresa. ", "No comparta codigos. "
    room = ROOM - len(action) - len(address)
    if room - len(advice) < len(_name(ROOM)):
        advice = ""
    name = _name(room)
    return f"{name}{action}{advice}{address}" if name else f"{action[2:].capitalize()}{advice}{address}"


def contact_changed() -> str:
    """To a number that was an administrator's until now."""
    return _warning(
        ": este numero ya no administra su empresa en el portal. Si usted no lo pidio, avise cuanto antes"
    )


def administrator_added() -> str:
    """To the administrators that a company already has, when another person becomes one."""
    return _warning(
        ": otra persona ya puede dar de baja servicios de su empresa. Si no lo pidio, avise cuanto antes"
    )


def _warning(action: str) -> str:
    """The operator's name, shortened if need be, what happened, and the telephone to call."""
    phone = fold(settings.BRAND.support_phone)
    contact = f" al {phone}." if phone and len(action) + len(phone) + 5 < ROOM else "."
    name = _name(ROOM - len(action) - len(contact))
    return f"{name}{action}{contact}" if name else f"{action[2:].capitalize()}{contact}"


def fold(words: str) -> str:
    """The words in the GSM 7-bit alphabet: accents it lacks are dropped, and what it lacks
    altogether left out.
    """
    return "".join(_folded(character) for character in unicodedata.normalize("NFC", words))


def _name(room: int) -> str:
    return MISLEADING.sub("", fold(settings.BRAND.name))[: max(room, 0)].strip()


def _folded(character: str) -> str:
    if character in GSM7 and character not in "@#\n":
        return character
    return "".join(
        part for part in unicodedata.normalize("NFKD", character) if part in GSM7 and part not in "@#\n"
    )
