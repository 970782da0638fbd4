"""Clean the names of files, and refuse misleading ones (R3.04, R3.16)."""

import unicodedata

from attachments.inspection import refusals
from attachments.inspection.formats import FORMATS

MAX_NAME = 100  # characters (R3.16)
# Unicode categories: control, format, surrogate, unassigned, private use
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Cn", "Co"})
# After a right-to-left mark, «cartafdp.exe» is displayed as «cartaexe.pdf». System calls stop
# reading a name at a NUL
_MISLEADING = frozenset("\0\u202d\u202e")
# Windows opens a device instead of a file with one of these names
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
)
# Extensions of programs and web pages that a name may not have in front of its last one: in
# «factura.exe.pdf», people notice the first extension and programs use the last. `com`, `app` and
# `one` are left out, because «oficio www.empresa.com.pdf» is a legitimate name
_PROGRAM_WORDS = (
    "asp aspx bat cmd cpl dll exe hta htm html jar js jse jsp lnk msi php php3 php4 php5 phtml pif ps1 scr sh svg"
    " vbe vbs wsf wsh"
)
_PROGRAM_EXTENSIONS = frozenset(_PROGRAM_WORDS.split())


def clean_name(raw: str) -> str:
    """Return the last component of a path, without invisible characters and shortened to 100."""
    last = raw.replace("\\", "/").rpartition("/")[2]
    visible = (
        " " if character.isspace() else character
        for character in last
        if character.isspace() or unicodedata.category(character) not in _INVISIBLE
    )
    name = " ".join(unicodedata.normalize("NFC", "".join(visible)).split())
    stem, dot, extension = name.rpartition(".")
    if len(name) > MAX_NAME and dot and len(extension) < MAX_NAME:
        return f"{stem[: MAX_NAME - len(extension) - 1]}.{extension}"
    return name[:MAX_NAME].rstrip() or "archivo"


def extension_of(name: str) -> str:
    """Return what follows the last dot, lower-cased, with full-width letters folded (R3.04)."""
    return _folded(name).rpartition(".")[2] if "." in _folded(name) else ""


def refusal(raw: str) -> str:
    """Return why a file with this name is refused whatever its content; empty for a valid name."""
    name = clean_name(raw)
    extension = extension_of(name)
    if _MISLEADING & set(raw):
        return refusals.hidden_characters(name)
    if not extension:
        return refusals.no_extension(name)
    if extension not in FORMATS:
        return refusals.unsupported_extension(name, extension)
    *inner, _last = (part.strip() for part in _folded(name).split("."))
    if inner[0] in _DEVICES:
        return refusals.device_name(name)
    if inner_extension := next((part for part in inner[1:] if part in _PROGRAM_EXTENSIONS), ""):
        return refusals.inner_extension(name, inner_extension)
    return ""


def temporary_prefix(name: str) -> str:
    """Return the prefix that Word or macOS gave to a temporary file; empty for any other name."""
    return next((prefix for prefix in ("~$", "._") if name.startswith(prefix)), "")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).lower()
