"""libmagic, from the system where it is installed and from the `pylibmagic` wheel where it is not.

The system's is preferred: its data are newer. The wheel is used without importing it, because
importing it replaces `ctypes.CDLL` for the whole process; its library is loaded first under the
name that python-magic asks the linker for. Nothing is loaded before the first question, so that the
project starts without libmagic and can say what is missing.
"""

import ctypes
import ctypes.util
import threading
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, cast

SONAME = "libmagic.so.1"
UNKNOWN = "application/octet-stream"
# Of its 8,192: its patterns take the square of a run of blank lines, a third of a second for those
_REGEX_BYTES = 2_048
_lock = threading.Lock()  # a libmagic handle must not be used by two threads at once


class LibmagicMissing(RuntimeError):
    """Neither the system nor a wheel has a libmagic that loads."""


class Handle(Protocol):
    """What python-magic's `Magic` is used for here."""

    def from_buffer(self, buf: bytes) -> str: ...


def mime_type(content: bytes) -> str:
    """What libmagic takes the whole of `content` for (R3.06); `LibmagicMissing` where there is
    none.
    """
    with _lock:
        try:
            return _handle().from_buffer(content)
        except LibmagicMissing:
            raise
        except Exception:  # noqa: BLE001  whatever it chokes on is simply not recognised; the containers are looked at too
            return UNKNOWN


def available() -> bool:
    """Whether `mime_type` can answer."""
    with _lock:
        try:
            _handle()
        except LibmagicMissing:
            return False
    return True


@lru_cache(maxsize=1)
def _handle() -> Handle:
    return from_system() or from_wheel() or _missing()


def from_system() -> Handle | None:
    """The system's libmagic with the system's data."""
    return _open(None) if _loads(ctypes.util.find_library("magic") or SONAME) else None


def from_wheel() -> Handle | None:
    """The wheel's libmagic (on Linux) with the wheel's data."""
    spec = find_spec("pylibmagic")
    for folder in map(Path, (spec.submodule_search_locations or []) if spec else []):
        if _loads(str(folder / SONAME)):
            return _open(folder / "magic.mgc")
    return None


def _loads(library: str) -> bool:
    """Load it for the process; python-magic then finds it by its name."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _open(data: Path | None) -> Handle | None:
    try:
        import magic  # noqa: PLC0415  it raises at import where there is no library

        handle = magic.Magic(mime=True, magic_file=str(data) if data else None)
        handle.setparam(magic.MAGIC_PARAM_REGEX_MAX, _REGEX_BYTES)
    except Exception:  # noqa: BLE001  its own exception class cannot be named before it is imported
        return None
    return cast("Handle", handle)


def _missing() -> Handle:
    raise LibmagicMissing(
        "no libmagic: install libmagic1 (Debian, Ubuntu), file-libs (Fedora) or the pylibmagic wheel"
    )
