"""The environment of the demo's processes: its own folder, keys and generous limits, and nothing of
production's.
"""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

# Names the demo that a process belongs to; what a killed demo leaves behind is found by it
MARK = "DEMO_FOLDER"

# High enough that trying things out reaches no limit; the limits themselves are the product's
LIMITS = {
    "OTP_RESEND_SECONDS": "5",
    "OTP_SENDS_PER_PHONE": "1000/h",
    "OTP_SENDS_PER_ADDRESS": "10000/h",
    "OTP_SENDS_PER_SESSION": "1000/h",
    "OTP_SENDS_PER_DAY": "100000/d",
    "OTP_FAILURES_PER_PHONE": "100",
    "OTP_FAILURES_PER_ADDRESS": "10000/h",
    "OTP_FAILURES_ALARM": "10000/h",
    "STAFF_FAILURES_PER_USER": "1000/h",
    "STAFF_FAILURES_PER_ADDRESS": "10000/h",
    "STAFF_FAILURES_PER_BROWSER": "1000/h",
    "STAFF_SECOND_PERSON": "0",  # the demo has one supervisor
    "UPLOAD_QUOTA_PER_PHONE": "10000/d",
    "TICKETS_PER_PHONE": "1000/h",
    "ATTACHMENTS_MIN_FREE_PERCENT": "1",
}


# What the demo takes over from the shell that started it; everything else stays outside. An
# allow-list, since a shell may hold production's database, broker, mail, SMS, storage, antivirus or
# keys, under names that do not exist yet.
SYSTEM = frozenset(
    [
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "LANG",
        "LANGUAGE",
        "TMPDIR",
        "TMP",
        "TEMP",
        "TERM",
        "NO_COLOR",
        "VIRTUAL_ENV",
        "PYTHONPATH",
        "PYTHONHOME",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        "PORT",
    ]
)
PREFIXES = ("LC_", "OPERATOR_")  # the language, the brand
PRODUCT = frozenset(
    [
        "TIME_ZONE",
        "TICKET_NUMBER_START",
        "WEB_CONCURRENCY",
        "WEB_THREADS",
        "LOG_FORMAT",
        "OTP_DIGITS",
        "OTP_SHORT_CODES_ACCEPTED",
        "OTP_VALIDITY_SECONDS",
        "INVITATIONS_PER_PHONE",
    ]
).union(LIMITS)


def demo_environment(
    folder: Path, port: int, shell: Mapping[str, str], services: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What the demo's processes get: its own values, and of the shell's only what cannot reach
    another system.

    `services` are variables that the caller answers for, by `NAME` or `NAME_FILE`: the tests run
    the demo's processes on a database, a broker and a mail server of theirs. No variable of the
    shell can bring them in.
    """
    address = f"http://127.0.0.1:{port}"
    always = {
        "DJANGO_SETTINGS_MODULE": "fidelizacion.settings",
        "PYTHONUNBUFFERED": "1",
        "DEMO": "1",
        "DEBUG": "0",
        "PORTAL_BASE_URL": address,
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "WEB_BIND": f"127.0.0.1:{port}",
        "STATIC_ROOT": str(folder / "static"),
        "ATTACHMENTS_DIR": str(folder / "attachments"),
        MARK: str(folder),
    }
    defaults = {
        "DATABASE_URL": f"sqlite:///{folder / 'fidelizacion.sqlite3'}",
        "SMS_GATEWAY": "demo",
        "SECRET_KEY_FILE": str(_key(folder / "secret_key")),
        "OTP_PEPPER_FILE": str(_key(folder / "otp_pepper")),
        **LIMITS,
    }
    services = {
        name: value for name, value in (services or {}).items() if name.removesuffix("_FILE") not in always
    }
    # A variable and its file must not come together
    given = {name.removesuffix("_FILE") for name in services}
    return {
        **{name: value for name, value in defaults.items() if name.removesuffix("_FILE") not in given},
        **{name: value for name, value in shell.items() if name not in given and may_pass(name)},
        **services,
        **always,
    }


def may_pass(name: str) -> bool:
    """Whether the demo takes this variable over from the shell."""
    return name in SYSTEM | PRODUCT or (name.startswith(PREFIXES) and not name.endswith("_FILE"))


def _key(path: Path) -> Path:
    """A secret made once, so that sessions and codes outlive a restart of the demo."""
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(64))
    return path
