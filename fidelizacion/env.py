"""Reads settings from environment variables: typed, secrets also from files, mistakes collected
instead of raised.

A value that cannot be read never stops the import of the settings with a traceback: the default is
used, and the problem is kept for the system check `fidelizacion.E001`, which names the variable and
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
KEY_LENGTH = 32  # characters; in hexadecimal still the 128 bits that are the least for an HMAC


@dataclass(frozen=True)
class Problem:
    """A variable whose value could not be used; the value itself is left out, since it may be a
    secret.
    """

    variable: str
    reason: str


@dataclass
class Environment:
    """The variables of one process. `NAME_FILE` stands in for `NAME` and wins nothing: both set is
    a problem.
    """

    problems: list[Problem] = field(default_factory=list)

    def text(self, name: str, default: str = "") -> str:
        """The variable as text, from `NAME` or from the file named by `NAME_FILE`, without
        surrounding space.
        """
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
        """The variable turned into a value by `parse`, which raises ValueError with a reason in
        Spanish.
        """
        raw = self.text(name)
        if not raw:
            return default
        try:
            return parse(raw)
        except ValueError as error:
            self.problems.append(Problem(name, str(error)))
            return default

    def flag(self, name: str, default: bool = False) -> bool:
        """A yes-or-no variable: 1/0, true/false, yes/no, on/off, si/no."""
        return self.read(name, parse_flag, default)

    def number(self, name: str, default: int, minimum: int = 0, maximum: int | None = None) -> int:
        """A whole number between `minimum` and `maximum`, both included."""

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
        """A list written with commas."""
        return self.read(
            name, lambda raw: [item.strip() for item in raw.split(",") if item.strip()], list(default)
        )

    def networks(self, name: str) -> list[Network]:
        """IP networks or addresses, written with commas."""
        return self.read(name, parse_networks, [])


def parse_flag(raw: str) -> bool:
    """Raises ValueError for a word that is neither yes nor no."""
    word = raw.lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError("debe ser 1 o 0")


def parse_log_format(raw: str) -> str:
    """Raises ValueError for anything but the two there are."""
    if raw not in {"text", "json"}:
        raise ValueError("debe ser text o json")
    return raw


def parse_networks(raw: str) -> list[Network]:
    """Raises ValueError naming the first item that is not a network."""
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
    """One key, or the new one and the one that it replaces. Raises ValueError for any other number,
    or a short one.
    """
    keys = tuple(key.strip() for key in raw.split(","))
    if len(keys) > 2 or len(set(keys)) < len(keys):
        raise ValueError("son una clave, o dos distintas con una coma: la nueva y la que se retira")
    if any(len(key) < KEY_LENGTH for key in keys):
        raise ValueError(f"cada clave tiene {KEY_LENGTH} caracteres o más")
    return keys


def parse_base_url(raw: str) -> str:
    """Raises ValueError for what no part can be read of; whether it suits the portal is for the
    system checks.
    """
    try:
        urlsplit(raw).port  # noqa: B018  reading it is the test
    except ValueError:
        raise ValueError(
            "no es una dirección web; se escriben así: https://portal.operadora.example"
        ) from None
    return raw.rstrip("/")


def parse_broker_url(raw: str) -> str:
    """Raises ValueError for what Celery would stop at with a traceback, or take for another kind of
    broker.
    """
    try:
        parts = urlsplit(raw)
        named = parts.scheme in {"redis", "rediss"} and parts.hostname and (parts.port is None or parts.port)
    except ValueError:
        named = False
    if not named:
        raise ValueError("no es una dirección de Redis o Valkey (redis://:clave@servidor:6379/0)")
    return raw


def parse_time_zone(raw: str) -> str:
    """Raises ValueError for a zone that is not in the IANA tables: Django would stop with a
    traceback.
    """
    try:
        ZoneInfo(raw)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no es una zona horaria; se escriben así: America/Guayaquil") from None
    return raw
