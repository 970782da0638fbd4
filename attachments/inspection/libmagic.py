"""Load libmagic from the system, or from the `pylibmagic` wheel where the system has none.

The system's is preferred because its data are newer. The wheel is not imported, because importing
it replaces `ctypes.CDLL` for the whole process: its library is loaded under the name that
python-magic asks the linker for. Nothing is loaded before the first use, so the project starts
without libmagic and a check can report that it is missing.
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
# Bytes that a pattern may search. With libmagic's default of 8,192, a run of blank lines takes a
# third of a second; the time grows with the square of its length
_REGEX_BYTES = 2_048
_lock = threading.Lock()  # a libmagic handle must not be used by two threads at once


class LibmagicMissing(RuntimeError):
    """Neither the system nor the wheel has a libmagic that loads."""


class Handle(Protocol):
    """The part of python-magic's `Magic` that is used here."""

    def from_buffer(self, buf: bytes) -> str: ...


def mime_type(content: bytes) -> str:
    """Return the type that libmagic gives to the content (R3.06). Raises LibmagicMissing."""
    with _lock:
        try:
            return _handle().from_buffer(content)
        except LibmagicMissing:
            raise
        except Exception:  # noqa: BLE001  content that makes it fail has no known type
            return UNKNOWN


def available() -> bool:
    """Return whether libmagic can be loaded."""
    with _lock:
        try:
            _handle()
        except LibmagicMissing:
            return False
    return True


@lru_cache(maxsize=1)
def _handle() -> Handle:
    if handle := from_system() or from_wheel():
        return handle
    raise LibmagicMissing(
        "no libmagic: install libmagic1 (Debian, Ubuntu), file-libs (Fedora) or the pylibmagic wheel"
    )


def from_system() -> Handle | None:
    """Open the system's libmagic with the system's data."""
    return _open(None) if _loads(ctypes.util.find_library("magic") or SONAME) else None


def from_wheel() -> Handle | None:
    """Open the wheel's libmagic (on Linux) with the wheel's data."""
    spec = find_spec("pylibmagic")
    for folder in map(Path, (spec.submodule_search_locations or []) if spec else []):
        if _loads(str(folder / SONAME)):
            return _open(folder / "magic.mgc")
    return None


def _loads(library: str) -> bool:
    """Load the library into the process, where python-magic then finds it by its name."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _open(data: Path | None) -> Handle | None:
    try:
        import magic  # noqa: PLC0415  importing it raises without a library

        handle = magic.Magic(mime=True, magic_file=str(data) if data else None)
        handle.setparam(magic.MAGIC_PARAM_REGEX_MAX, _REGEX_BYTES)
    except Exception:  # noqa: BLE001  its exception class exists only after the import
        return None
    return cast("Handle", handle)
