"""The environment of the demo's processes: production's, with the demo's own folder, keys and generous limits."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

# Names the demo that a process belongs to; what a killed demo leaves behind is found by it
MARK = "DEMO_FOLDER"

# So that nobody who tries things out meets a limit; the limits themselves are the product's (contract.md)
LIMITS = {
    "OTP_RESEND_SECONDS": "5",
    "OTP_SENDS_PER_PHONE": "1000/h",
    "OTP_SENDS_PER_ADDRESS": "10000/h",
    "OTP_SENDS_PER_SESSION": "1000/h",
    "OTP_SENDS_PER_DAY": "100000/d",
    "OTP_FAILURES_PER_PHONE": "100",
    "STAFF_FAILURES_PER_USER": "1000/h",
    "STAFF_FAILURES_PER_ADDRESS": "10000/h",
    "STAFF_FAILURES_PER_BROWSER": "1000/h",
    "UPLOAD_QUOTA_PER_PHONE": "10000/d",
    "ATTACHMENTS_MIN_FREE_PERCENT": "1",
}


def demo_environment(folder: Path, port: int, given: Mapping[str, str]) -> dict[str, str]:
    """What the processes get: what is `given`, the demo's own values over it, its defaults under it."""
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
    unless_given = {
        "DATABASE_URL": f"sqlite:///{folder / 'fidelizacion.sqlite3'}",
        "SMS_GATEWAY": "demo",
        **LIMITS,
    }
    # A name that comes from a file is given, too; one that the demo decides must not come twice
    defaults = {name: value for name, value in unless_given.items() if f"{name}_FILE" not in given}
    kept = {name: value for name, value in given.items() if name.removesuffix("_FILE") not in always}
    environment = {**defaults, **kept, **always}
    for name in ("SECRET_KEY", "OTP_PEPPER"):
        if name not in given and f"{name}_FILE" not in given:
            environment[f"{name}_FILE"] = str(_key(folder / name.lower()))
    return environment


def _key(path: Path) -> Path:
    """A secret made once, so that sessions and codes outlive a restart of the demo."""
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(64))
    return path
