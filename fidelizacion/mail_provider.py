"""Who sends mail: a server by its address, or any provider that django-anymail knows, by its name
there.
"""

import json
from typing import Any
from urllib.parse import quote, urlsplit

import environ

SMTP = "django.core.mail.backends.smtp.EmailBackend"
SECRET_LENGTH = 32  # characters, of user and password together
# Seconds to connect and to answer: a task is ended after 45
CONNECT, ANSWER = 5, 20


def parse_email_url(raw: str) -> dict[str, object]:
    """Django's settings of outgoing mail. Raises ValueError for an address that names no server."""
    try:
        config: dict[str, object] = dict(environ.Env.email_url_config(raw))
    except Exception:  # noqa: BLE001  the library raises half a dozen kinds for a malformed address
        raise ValueError(
            "no es una dirección de correo saliente (smtp+tls://usuario:clave@host:587)"
        ) from None
    if config["EMAIL_BACKEND"] == SMTP and not config["EMAIL_HOST"]:
        raise ValueError("le falta el servidor (smtp+tls://usuario:clave@host:587)")
    return config


def parse_settings(raw: str) -> dict[str, Any]:
    """Raises ValueError for what is no JSON object."""
    try:
        found = json.loads(raw)
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    raise ValueError('es un objeto JSON: {"POSTMARK_SERVER_TOKEN": "…"}')


def parse_secrets(raw: str) -> tuple[str, ...]:
    """One secret, or the new one and the one it replaces. Raises ValueError for any other number,
    or a short one.
    """
    secrets = tuple(secret.strip() for secret in raw.split(","))
    if len(secrets) > 2 or len(set(secrets)) < len(secrets):
        raise ValueError("es un secreto, o dos distintos con una coma: el nuevo y el que se retira")
    if not all(":" in secret.strip(":") and len(secret) >= SECRET_LENGTH for secret in secrets):
        raise ValueError(f"se escribe usuario:clave, con {SECRET_LENGTH} caracteres o más entre los dos")
    return secrets


def anymail(provider: str, given: dict[str, Any], secrets: tuple[str, ...], base_url: str) -> dict[str, Any]:
    """What Django's `ANYMAIL` is: what was given, behind what the product needs to hold."""
    defaults: dict[str, Any] = {
        "WEBHOOK_SECRET": list(secrets),
        "REQUESTS_TIMEOUT": (CONNECT, ANSWER),  # R4.26
    }
    if provider == "amazon_ses":
        # Retries are the outbox's
        config = {"connect_timeout": CONNECT, "read_timeout": ANSWER, "retries": {"total_max_attempts": 1}}
        defaults["AMAZON_SES_CLIENT_PARAMS"] = {"config": config}
    if provider == "mandrill" and secrets:
        # It signs the address, the secret in it: ours as the settings have it, whatever a request
        # calls us
        user, _, password = secrets[0].partition(":")
        url = urlsplit(base_url)
        defaults["MANDRILL_WEBHOOK_URL"] = (
            f"{url.scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{url.netloc}/webhooks/email/mandrill/"
        )
    return {**defaults, **given}
