"""Checks Python and the port for `make demo`, before anything is installed.

Any `python3` may run this file: it uses the standard library only, and no syntax newer than 3.0.
"""

import socket
import sys

MINIMUM = (3, 11)
LAST_PORT = 65535


def main(arguments):  # type: (list[str]) -> str
    """Return one line that says what is missing and what to do, or an empty string."""
    if sys.version_info[:2] < MINIMUM:
        found = ".".join(str(part) for part in sys.version_info[:2])
        return (
            "Se necesita Python 3.11 o más nuevo y este es "
            + found
            + ": use PYTHON=/ruta/a/python3.11 make demo"
        )
    try:
        import ensurepip  # noqa: F401, PLC0415  Debian has it in the package python3-venv
        import venv  # noqa: F401, PLC0415
    except ImportError:
        return "A este Python le falta venv: instale el paquete python3-venv (apt install python3-venv)"
    if arguments:
        return port_problem(arguments[0])
    return ""


def port_problem(raw):  # type: (str) -> str
    """Return the line to show when PORT is invalid or taken, or an empty string."""
    if not (raw.isdecimal() and 0 < int(raw) <= LAST_PORT):
        return "PORT debe ser un número de 1 a " + str(LAST_PORT) + ": use PORT=8001 make demo"
    return port_taken(int(raw))


def port_taken(port):  # type: (int) -> str
    """Return the line to show when this loopback port is taken, or an empty string."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            other = port + 1 if port < LAST_PORT else 8000
            return "El puerto " + str(port) + " está ocupado: use PORT=" + str(other) + " make demo"
    return ""


if __name__ == "__main__":
    problem = main(sys.argv[1:])
    if problem:
        sys.stderr.write(problem + "\n")
        raise SystemExit(1)
