"""System checks of the mail provider (docs/mail-providers.md)."""

import pkgutil
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import anymail.backends
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import get_connection

from fidelizacion.system_checks.checks import is_loopback

NOT_PROVIDERS = {"base", "base_requests", "console", "test"}
WITHOUT_REPORTS = {"scaleway"}


def providers() -> set[str]:
    """Return the names of the providers that django-anymail has a backend for."""
    return {module.name for module in pkgutil.iter_modules(anymail.backends.__path__)} - NOT_PROVIDERS


def _error(number: int, message: str, hint: str) -> Error:
    return Error(message, hint=hint, id=f"fidelizacion.E{number:03}")


@register
def mail_provider(**_: Any) -> Iterator[CheckMessage]:
    """Check the provider that sends mail, and its settings."""
    provider = settings.EMAIL_PROVIDER
    if not provider:
        return
    if provider not in providers():
        yield _error(
            50,
            "EMAIL_PROVIDER no es un proveedor conocido.",
            f"Use uno de: {', '.join(sorted(providers()))}.",
        )
        return
    if settings.EMAIL_URL_SET:
        yield _error(
            51, "Están definidas EMAIL_PROVIDER y EMAIL_URL.", "Deje una: envía el proveedor, o el servidor."
        )
    if not settings.ANYMAIL["WEBHOOK_SECRET"] and provider not in WITHOUT_REPORTS:
        yield _error(
            52,
            "EMAIL_PROVIDER está definida sin EMAIL_WEBHOOK_SECRET.",
            "Sin ella cualquiera podría decir que un correo llegó. Se escribe usuario:clave (docs/mail-providers.md).",
        )
    yield from _provider_settings(provider)


def _provider_settings(provider: str) -> Iterator[CheckMessage]:
    """Report EMAIL_PROVIDER_SETTINGS' missing names and other providers' names, never values."""
    prefix = f"{provider.upper()}_"
    foreign = sorted(name for name in settings.EMAIL_PROVIDER_SETTINGS if not name.startswith(prefix))
    if foreign:
        # anymail's general options include some that print mails or accept unsigned webhooks
        yield _error(
            53, f"EMAIL_PROVIDER_SETTINGS tiene {', '.join(foreign)}.", f"Use solo las que empiezan {prefix}"
        )
    url = settings.EMAIL_PROVIDER_SETTINGS.get(f"{prefix}API_URL")
    if url is not None and not _is_secure(str(url)):
        yield _error(
            54, f"{prefix}API_URL usa http fuera de este equipo.", "Use https: por ahí viaja la clave."
        )
    try:
        get_connection(f"anymail.backends.{provider}.EmailBackend")
    except ImproperlyConfigured as problem:
        yield _error(55, "A EMAIL_PROVIDER le falta algo para enviar.", " ".join(str(problem).split()))


def _is_secure(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
