"""Names of files: what is kept of them, and what a name alone gives away (R3.04, R3.16)."""

import unicodedata

from attachments.inspection import refusals
from attachments.inspection.formats import FORMATS

MAX_NAME = 100  # characters (R3.16)
# Written right to left, «cartafdp.exe» reads «cartaexe.pdf»; and what follows a nil is lost on the
# way to a disk
_MISLEADING = frozenset("\0\u202d\u202e")
# Windows opens a device of this name in place of the file
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
)
# Where a name says it is two things, people see the first and programs the last. `com`, `app` or
# `one` are left out: «oficio www.empresa.com.pdf» is an honest name
_SECOND_WORDS = (
    "asp aspx bat cmd cpl dll exe hta htm html jar js jse jsp lnk msi php php3 php4 php5 phtml pif ps1 scr sh svg"
    " vbe vbs wsf wsh"
)
_SECOND = frozenset(_SECOND_WORDS.split())


def clean_name(raw: str) -> str:
    """The last component of the name without control, bidi or other invisible characters, of at
    most 100 characters.
    """
    last = raw.replace("\\", "/").rpartition("/")[2]
    visible = "".join(" " if character.isspace() else character for character in last if _is_shown(character))
    name = " ".join(unicodedata.normalize("NFC", visible).split())
    stem, dot, extension = name.rpartition(".")
    if len(name) > MAX_NAME and dot and len(extension) < MAX_NAME:
        return f"{stem[: MAX_NAME - len(extension) - 1]}.{extension}"
    return name[:MAX_NAME].rstrip() or "archivo"


def extension_of(name: str) -> str:
    """What follows the last dot, lower-cased, with look-alikes such as full-width letters folded
    (R3.04).
    """
    return _folded(name).rpartition(".")[2] if "." in _folded(name) else ""


def refusal(raw: str) -> str:
    """Why a file of this name is not taken, whatever is in it; empty if nothing speaks against the
    name.
    """
    name = clean_name(raw)
    extension = extension_of(name)
    if _MISLEADING & set(raw):
        return refusals.hidden_characters(name)
    if not extension:
        return refusals.no_extension(name)
    if extension not in FORMATS:
        return refusals.other_extension(name, extension)
    *inner, _last = (part.strip() for part in _folded(name).split("."))
    if inner[0] in _DEVICES:
        return refusals.device_name(name)
    if second := next((part for part in inner[1:] if part in _SECOND), ""):
        return refusals.second_extension(name, second)
    return ""


def temporary_mark(name: str) -> str:
    """What a name begins with that Word or a Mac gives to a temporary file; empty for any other
    name.
    """
    return next((mark for mark in ("~$", "._") if name.startswith(mark)), "")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).lower()


def _is_shown(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Cn", "Co"}
