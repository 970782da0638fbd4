"""The environment variables of the demo's processes: a separate folder, keys and high limits.

Variables of a production environment never reach these processes.
"""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

# The variable that marks the demo's processes; processes.py finds a killed demo's leftovers by it
MARK = "DEMO_FOLDER"

# These limits are so high that trying the demo by hand reaches none of them
LIMITS = {
    "OTP_RESEND_SECONDS": "5",
    "OTP_SENDS_PER_PHONE": "1000/h",
    "OTP_SENDS_PER_ADDRESS": "10000/h",
    "OTP_SENDS_PER_SESSION": "1000/h",
    "OTP_SENDS_PER_DAY": "100000/d",
    "OTP_FAILURES_PER_PHONE": "100",
    "OTP_FAILURES_PER_ADDRESS": "10000/h",
    "OTP_FAILURES_ALARM": "10000/h",
    "PUBLIC_CODES_PER_EMAIL": "1000/h",
    "PUBLIC_CODES_PER_ADDRESS": "10000/h",
    "PUBLIC_CODES_PER_DAY": "100000/d",
    "PUBLIC_FILES_PER_DAY": "10000/d",
    "STAFF_FAILURES_PER_USER": "1000/h",
    "STAFF_FAILURES_PER_ADDRESS": "10000/h",
    "STAFF_FAILURES_PER_BROWSER": "1000/h",
    "STAFF_SECOND_PERSON": "0",  # the demo has one supervisor
    "UPLOAD_QUOTA_PER_PHONE": "10000/d",
    "TICKETS_PER_PHONE": "1000/h",
    "ATTACHMENTS_MIN_FREE_PERCENT": "1",
}


# The variables that the demo copies from the shell that started it. It is an allow-list, because
# the shell may hold production's database, broker, mail, SMS, storage, antivirus or keys, and
# future versions may add names for them
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
    """Build the environment of the demo's processes.

    It copies from the shell only variables that cannot lead to another system. `services` holds
    variables (`NAME` or `NAME_FILE`) for which the caller is responsible; the shell cannot set
    them. With these the tests run the demo's processes on the tests' database, broker and mail
    server.
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
    # NAME and NAME_FILE together would be an error of the settings (env.py)
    replaced = {name.removesuffix("_FILE") for name in services}
    return {
        **{name: value for name, value in defaults.items() if name.removesuffix("_FILE") not in replaced},
        **{name: value for name, value in shell.items() if name not in replaced and may_pass(name)},
        **services,
        **always,
    }


def may_pass(name: str) -> bool:
    """Return whether the demo copies this variable from the shell."""
    return name in SYSTEM | PRODUCT or (name.startswith(PREFIXES) and not name.endswith("_FILE"))


def _key(path: Path) -> Path:
    """Create the secret on the first start; later starts reuse it, so that sessions stay valid."""
    if not path.exists():
        write_private(path, secrets.token_urlsafe(64))
    return path


def write_private(path: Path, text: str) -> None:
    """Create a file that only this user can read. Raises FileExistsError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
