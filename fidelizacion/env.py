"""Reads typed settings from environment variables; secrets can also come from files.

A value that cannot be read does not stop the import of the settings with a traceback. The default
is used instead, and the system check `fidelizacion.E001` later names every such variable and
refuses to start.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

T = TypeVar("T")
Network = IPv4Network | IPv6Network

TRUE_WORDS = frozenset({"1", "true", "yes", "on", "si", "sí"})
FALSE_WORDS = frozenset({"0", "false", "no", "off", ""})
KEY_LENGTH = 32  # characters; even in hexadecimal they are 128 bits, the minimum for an HMAC key


@dataclass(frozen=True)
class Problem:
    """A variable whose value could not be used. The value is left out, as it may be a secret."""

    variable: str
    reason: str


@dataclass
class Environment:
    """Reads the variables of this process and collects their problems.

    Each `NAME` can come from the file that `NAME_FILE` names instead; setting both is a problem.
    """

    problems: list[Problem] = field(default_factory=list)

    def text(self, name: str, default: str = "") -> str:
        """Return the variable from `NAME`, or from the file that `NAME_FILE` names, stripped."""
        path = os.environ.get(f"{name}_FILE")
        if not path:
            return os.environ.get(name, default).strip()
        if name in os.environ:
            self.problems.append(Problem(name, f"están definidas {name} y {name}_FILE; deje una sola"))
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            self.problems.append(Problem(f"{name}_FILE", "no se puede leer el archivo que indica"))
            return default

    def read(self, name: str, parse: Callable[[str], T], default: T) -> T:
        """Return the parsed variable. `parse` raises ValueError with a reason in Spanish."""
        raw = self.text(name)
        if not raw:
            return default
        try:
            return parse(raw)
        except ValueError as error:
            self.problems.append(Problem(name, str(error)))
            return default

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a yes-or-no variable: 1/0, true/false, yes/no, on/off, si/no."""
        return self.read(name, parse_flag, default)

    def number(self, name: str, default: int, minimum: int = 0, maximum: int | None = None) -> int:
        """Return a whole number between `minimum` and `maximum`, both included."""

        def parse(raw: str) -> int:
            if not raw.isascii() or not raw.isdigit():
                raise ValueError("debe ser un número entero")
            value = int(raw)
            if value < minimum or (maximum is not None and value > maximum):
                limit = f"entre {minimum} y {maximum}" if maximum is not None else f"de {minimum} o más"
                raise ValueError(f"debe ser un número {limit}")
            return value

        return self.read(name, parse, default)

    def items(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """Return the items of a comma-separated list."""
        return self.read(
            name, lambda raw: [item.strip() for item in raw.split(",") if item.strip()], list(default)
        )

    def networks(self, name: str) -> list[Network]:
        """Return the IP networks or addresses of a comma-separated list."""
        return self.read(name, parse_networks, [])


def parse_flag(raw: str) -> bool:
    """Parse a yes-or-no word. Raises ValueError for any other."""
    word = raw.lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError("debe ser 1 o 0")


def parse_log_format(raw: str) -> str:
    """Accept `text` or `json`. Raises ValueError for anything else."""
    if raw not in {"text", "json"}:
        raise ValueError("debe ser text o json")
    return raw


def parse_networks(raw: str) -> list[Network]:
    """Parse comma-separated networks. Raises ValueError naming the first that is not one."""
    networks: list[Network] = []
    for item in (part.strip() for part in raw.split(",")):
        if not item:
            continue
        try:
            networks.append(ip_network(item))
        except ValueError:
            raise ValueError(f"«{item}» no es una red ni una dirección IP") from None
    return networks


def parse_keys(raw: str) -> tuple[str, ...]:
    """Parse one key, or the new and old one of a rotation. Raises ValueError if one is short."""
    keys = tuple(key.strip() for key in raw.split(","))
    if len(keys) > 2 or len(set(keys)) < len(keys):
        raise ValueError("son una clave, o dos distintas con una coma: la nueva y la que se retira")
    if any(len(key) < KEY_LENGTH for key in keys):
        raise ValueError(f"cada clave tiene {KEY_LENGTH} caracteres o más")
    return keys


def parse_base_url(raw: str) -> str:
    """Strip the trailing slash. Raises ValueError if the URL cannot be parsed at all.

    System checks E005 and E006 decide whether it is a valid address for the portal.
    """
    try:
        urlsplit(raw).port  # noqa: B018  reading the port validates it
    except ValueError:
        raise ValueError(
            "no es una dirección web; se escriben así: https://portal.operadora.example"
        ) from None
    return raw.rstrip("/")


def parse_broker_url(raw: str) -> str:
    """Accept a Redis URL. Raises ValueError for any other, on which Celery would crash later."""
    try:
        parts = urlsplit(raw)
        valid = parts.scheme in {"redis", "rediss"} and parts.hostname and (parts.port is None or parts.port)
    except ValueError:
        valid = False
    if not valid:
        raise ValueError("no es una dirección de Redis o Valkey (redis://:clave@servidor:6379/0)")
    return raw


def parse_time_zone(raw: str) -> str:
    """Accept an IANA time zone. Raises ValueError for any other; Django would raise a traceback."""
    try:
        ZoneInfo(raw)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no es una zona horaria; se escriben así: America/Guayaquil") from None
    return raw
