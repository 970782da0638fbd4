"""`make check`: run every check (style, types, templates, migrations, deployment), then name those
that failed.
"""

import os
import subprocess
import sys
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

# The environment of a production system; the checks connect to none of the servers named here
PRODUCTION = {
    "PATH": os.environ["PATH"],
    "HOME": os.environ.get("HOME", "/"),
    "SECRET_KEY": "production-sample-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "OTP_PEPPER": "another-sample-" + "zyxwvutsrqponmlkjihgfedcba9876543210" * 2,
    "PORTAL_BASE_URL": "https://portal.operadora.example",
    "TRUSTED_PROXIES": "10.0.0.0/24",
    "DATABASE_URL": "postgres://fidelizacion:clave@base.operadora.example/fidelizacion",
    "REDIS_URL": "redis://:clave@redis.operadora.example:6379/0",
    "EMAIL_URL": "smtp+tls://fidelizacion:clave@correo.operadora.example:587",
    "DEFAULT_FROM_EMAIL": "Fidelización <fidelizacion@operadora.example>",
    "POSTVENTA_EMAIL": "postventa@operadora.example",
    "OPERATOR_PRIVACY_EMAIL": "datos@operadora.example",
    "SMS_GATEWAY": "twilio",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "0" * 32,
    "TWILIO_FROM": "+15005550006",
}
CHECKS: tuple[tuple[str, list[str], dict[str, str] | None], ...] = (
    ("estilo", [str(BIN / "ruff"), "check", "--quiet", "."], None),
    ("formato", [str(BIN / "ruff"), "format", "--check", "--quiet", "."], None),
    ("páginas", [str(BIN / "djlint"), "--profile", "jinja", "--lint", "--check", "templates"], None),
    ("escritorio", [str(BIN / "djlint"), "--lint", "--check", "desk/templates"], None),
    (
        "nombres",  # that the pages and mails use
        [sys.executable, "-m", "tests.templates"],
        {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
    ),
    (
        "migraciones",
        [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
        {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
    ),
    (
        "compatibles",  # migrations that the previous release's code can run on
        [sys.executable, "-m", "tests.migrations"],
        {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
    ),
    ("despliegue", [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION),
    ("tipos", [sys.executable, "-m", "mypy", "."], None),
)


def main() -> int:
    """Run all checks; return 0 when all pass, else 1."""
    failed = [name for name, command, environment in CHECKS if not passes(name, command, environment)]
    sys.stdout.write(f"Falló: {', '.join(failed)}\n" if failed else "Todo en orden\n")
    return 1 if failed else 0


def passes(name: str, command: list[str], environment: dict[str, str] | None) -> bool:
    """Run one check, and print its output only when it fails."""
    done = subprocess.run(command, cwd=BASE, env=environment, capture_output=True, check=False)
    sys.stdout.write(f"{name:<12} {'bien' if done.returncode == 0 else 'falla'}\n")
    if done.returncode:
        sys.stdout.write((done.stdout + done.stderr).decode(errors="replace"))
    sys.stdout.flush()
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
