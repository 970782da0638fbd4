"""Settings of outgoing mail: an SMTP server by URL, or a provider that django-anymail supports."""

import json
from typing import Any
from urllib.parse import quote, urlsplit

import environ

SMTP = "django.core.mail.backends.smtp.EmailBackend"
SECRET_LENGTH = 32  # characters, of user and password together
# Seconds; below the 45 s after which Celery ends a task
CONNECT_TIMEOUT, READ_TIMEOUT = 5, 20


def parse_email_url(raw: str) -> dict[str, object]:
    """Return Django's mail settings. Raises ValueError for a URL without a server."""
    try:
        config: dict[str, object] = dict(environ.Env.email_url_config(raw))
    except Exception:  # noqa: BLE001  the library raises several types for a malformed address
        raise ValueError(
            "no es una dirección de correo saliente (smtp+tls://usuario:clave@host:587)"
        ) from None
    if config["EMAIL_BACKEND"] == SMTP and not config["EMAIL_HOST"]:
        raise ValueError("le falta el servidor (smtp+tls://usuario:clave@host:587)")
    return config


def parse_settings(raw: str) -> dict[str, Any]:
    """Parse a JSON object. Raises ValueError for anything else."""
    try:
        value = json.loads(raw)
    except ValueError:
        value = None
    if isinstance(value, dict):
        return value
    raise ValueError('es un objeto JSON: {"POSTMARK_SERVER_TOKEN": "…"}')


def parse_secrets(raw: str) -> tuple[str, ...]:
    """Parse one secret, or the new and old one of a rotation. Raises ValueError if one is short."""
    secrets = tuple(secret.strip() for secret in raw.split(","))
    if len(secrets) > 2 or len(set(secrets)) < len(secrets):
        raise ValueError("es un secreto, o dos distintos con una coma: el nuevo y el que se retira")
    if not all(":" in secret.strip(":") and len(secret) >= SECRET_LENGTH for secret in secrets):
        raise ValueError(f"se escribe usuario:clave, con {SECRET_LENGTH} caracteres o más entre los dos")
    return secrets


def anymail(provider: str, given: dict[str, Any], secrets: tuple[str, ...], base_url: str) -> dict[str, Any]:
    """Return the `ANYMAIL` setting: the product's defaults, overridden by `given`."""
    defaults: dict[str, Any] = {
        "WEBHOOK_SECRET": list(secrets),
        "REQUESTS_TIMEOUT": (CONNECT_TIMEOUT, READ_TIMEOUT),  # R4.26
    }
    if provider == "amazon_ses":
        # One attempt: the outbox retries
        config = {
            "connect_timeout": CONNECT_TIMEOUT,
            "read_timeout": READ_TIMEOUT,
            "retries": {"total_max_attempts": 1},
        }
        defaults["AMAZON_SES_CLIENT_PARAMS"] = {"config": config}
    if provider == "mandrill" and secrets:
        # Mandrill signs the webhook's URL with the secret in it: take it from PORTAL_BASE_URL, not
        # from the request's Host
        user, _, password = secrets[0].partition(":")
        url = urlsplit(base_url)
        defaults["MANDRILL_WEBHOOK_URL"] = (
            f"{url.scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{url.netloc}/webhooks/email/mandrill/"
        )
    return {**defaults, **given}
