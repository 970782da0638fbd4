"""Recognise programs and web pages by their extension and by their bytes (R3.04, R3.07)."""

import re
from collections.abc import Iterable

from attachments.inspection.problems import Problem, Rejected

# Programs of Windows, macOS, Linux and Android, and Office files with macros. `com` is left out:
# «oficio www.empresa.com.pdf» is a legitimate name
_PROGRAMS = (
    "ade adp apk app appimage application appref-ms bat chm cmd cpl dll dmg docm dotm elf exe gadget hta inf ins"
    " iso jar jnlp js jse lnk mht mhtml msc msh msh1 msh2 mshxml msi msix msp mst ocx one pif potm ppam ppsm pptm"
    " ps1 ps1xml ps2 ps2xml psc1 psc2 pyc reg scf scr sct settingcontent-ms sh shb shs swf sys url vb vbe vbs"
    " vhd vhdx vxd wsc wsf wsh xlam xll xlsb xlsm xltm"
)
EXTENSIONS = frozenset(_PROGRAMS.split())
# Web pages and server programs: allowed as parts of a package, refused inside an OLE object
_PAGES = "asp aspx htm html jsp php php3 php4 php5 phtml shtml svg xhtml"
PAGES = frozenset(_PAGES.split())

_SAVED_PAGES = frozenset({"mht", "mhtml"})

_ELF, _MACH_O, _CLASS = b"\x7fELF", (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe"), b"\xca\xfe\xba\xbe"
_SHORTCUT = bytes.fromhex("4c0000000114020000000000c000000000000046")
_SCRIPT = re.compile(rb"<script[\s>]|<\?php", re.IGNORECASE)
_MARKUP = re.compile(
    rb"<(?:html|head|title|meta|body|script|iframe|form|object|embed|svg)[\s>/]|<!doctype\s+html|<\?(?:php|xml)|<%@|<hta:"
    rb"|@echo\s",
    re.IGNORECASE,
)


def extension(name: str) -> str:
    """Return what follows the last dot, without the trailing blanks and dots that Windows drops."""
    return name.rstrip(". ").rpartition(".")[2].lower()


def refuse_names(names: Iterable[str]) -> None:
    """Raise Rejected for a part named like a program or a saved web page."""
    for name in names:
        if (ending := extension(name)) in EXTENSIONS:
            raise Rejected(Problem.WEB_PAGE if ending in _SAVED_PAGES else Problem.PROGRAM)


def is_program(head: bytes) -> bool:
    """Return whether these first bytes are a program's: PE, ELF, Mach-O, Java, shortcut, script."""
    if head.startswith(b"MZ"):
        return is_windows_program(head)
    return head.startswith((_ELF, _CLASS, _SHORTCUT, b"#!/", *_MACH_O))


def is_windows_program(head: bytes) -> bool:
    """Return whether bytes that begin with `MZ`, as some texts do, also have a program's header."""
    new_header = int.from_bytes(head[60:64], "little") if len(head) >= 64 else 0
    # Without that header it is a DOS program: 512-byte pages, and the bytes used in the last one
    pages = int.from_bytes(head[4:6], "little")
    return bool(
        new_header
        and (len(head) < new_header + 2 or head[new_header : new_header + 2] in {b"PE", b"NE", b"LE", b"LX"})
    ) or (0 < pages < 0x1000 and int.from_bytes(head[2:4], "little") <= 512)


def has_server_code(content: bytes) -> bool:
    """Return whether a picture contains PHP or a script, which no genuine one does."""
    return _SCRIPT.search(content) is not None


def has_markup(text: bytes) -> bool:
    """Return whether a browser or a web server would run this text as a page."""
    return _MARKUP.search(text) is not None
