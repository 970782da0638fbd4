"""What runs when it is opened: by the name's extension, and by the first bytes (R3.04, R3.07)."""

import re
from collections.abc import Iterable

from attachments.inspection.problems import Problem, Rejected

# Of Windows, macOS, Linux and Android, and of Office with macros. No `com`: «oficio
# www.empresa.com.pdf» is a fine name
_PROGRAMS = (
    "ade adp apk app appimage application appref-ms bat chm cmd cpl dll dmg docm dotm elf exe gadget hta inf ins"
    " iso jar jnlp js jse lnk mht mhtml msc msh msh1 msh2 mshxml msi msix msp mst ocx one pif potm ppam ppsm pptm"
    " ps1 ps1xml ps2 ps2xml psc1 psc2 pyc reg scf scr sct settingcontent-ms sh shb shs swf sys url vb vbe vbs"
    " vhd vhdx vxd wsc wsf wsh xlam xll xlsb xlsm xltm"
)
EXTENSIONS = frozenset(_PROGRAMS.split())
# Web pages and server programs: harmless in an Office package, not under a second extension
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
    """What follows the last dot, without the blanks and dots that Windows drops."""
    return name.rstrip(". ").rpartition(".")[2].lower()


def refuse_names(names: Iterable[str]) -> None:
    """Raise Rejected for a part whose name is that of a program or, with another sentence, of a
    saved web page.
    """
    for name in names:
        if (found := extension(name)) in EXTENSIONS:
            raise Rejected(Problem.WEB_PAGE if found in _SAVED_PAGES else Problem.PROGRAM)


def is_program(head: bytes) -> bool:
    """Whether bytes that begin so are run: PE, ELF, Mach-O, Java, a shortcut, a script with its
    interpreter.
    """
    if head.startswith(b"MZ"):
        return is_executable_of_windows(head)
    return head.startswith((_ELF, _CLASS, _SHORTCUT, b"#!/", *_MACH_O))


def is_executable_of_windows(head: bytes) -> bool:
    """`MZ` alone begins some texts; a program also says where its newer header is, or how many
    pages it has.
    """
    newer = int.from_bytes(head[60:64], "little") if len(head) >= 64 else 0
    pages = int.from_bytes(head[4:6], "little")
    return bool(
        newer and (len(head) < newer + 2 or head[newer : newer + 2] in {b"PE", b"NE", b"LE", b"LX"})
    ) or (0 < pages < 0x1000 and int.from_bytes(head[2:4], "little") <= 512)


def has_server_code(content: bytes) -> bool:
    """Whether PHP or a script stands anywhere in it; pictures never hold them by chance."""
    return _SCRIPT.search(content) is not None


def has_markup(text: bytes) -> bool:
    """Whether a browser or a web server would take it for a page with code."""
    return _MARKUP.search(text) is not None
