"""The system checks of the settings. Each has an id, and a hint that says what to do.

They run at the start of the web process, the worker, beat and every command. An id never changes
its meaning.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.module_loading import import_string

from attachments.inspection import libmagic
from brand.operator import brand_problems
from fidelizacion.env import Network

SECRET_LENGTH = 50
HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*")
# Shortest prefix lengths by IP version (R2.01): an operator's phones have no wider network, and the
# gateways with public addresses are few machines
WIDEST_NETWORK = {4: 8, 6: 19}
WIDEST_PUBLIC_GATEWAYS = {4: 16, 6: 32}
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})


def is_loopback(host: str) -> bool:
    """Return whether a host name or address can only be this machine."""
    if host.lower() in LOCAL_HOSTS:
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _error(number: int, message: str, hint: str) -> Error:
    return Error(message, hint=hint, id=f"fidelizacion.E{number:03}")


@register
def environment(**_: Any) -> list[CheckMessage]:
    """Report the values that could not be read (env.py)."""
    return [
        _error(1, f"{problem.variable}: {problem.reason}.", "Corrija la variable de entorno.")
        for problem in settings.ENVIRONMENT_PROBLEMS
    ]


@register
def secrets(**_: Any) -> Iterator[CheckMessage]:
    """Report keys that are missing, short or shared (R6.02)."""
    make = "Genere una con: python -c 'import secrets; print(secrets.token_urlsafe(64))'"
    if not settings.DEBUG and len(settings.SECRET_KEY) < SECRET_LENGTH:
        yield _error(2, f"SECRET_KEY falta o tiene menos de {SECRET_LENGTH} caracteres.", make)
    if not settings.DEBUG and len(settings.OTP_PEPPER) < SECRET_LENGTH:
        yield _error(3, f"OTP_PEPPER falta o tiene menos de {SECRET_LENGTH} caracteres.", make)
    if settings.OTP_PEPPER and settings.OTP_PEPPER == settings.SECRET_KEY and not settings.DEBUG:
        yield _error(
            4, "OTP_PEPPER es igual a SECRET_KEY.", "Use dos valores distintos: así se cambian por separado."
        )


@register
def address(**_: Any) -> Iterator[CheckMessage]:
    """Check the portal's address, which decides cookies, redirects and links."""
    base, host = settings.PORTAL_BASE_URL, settings.PORTAL_HOST
    # Links append paths to this address, so it must have none
    if (
        not base.startswith(("http://", "https://"))
        or not host
        or base.partition("://")[2] != urlsplit(base).netloc
    ):
        yield _error(
            5, "PORTAL_BASE_URL no es una dirección web.", "Se escribe así: https://portal.operadora.example"
        )
    elif not settings.HTTPS and not settings.DEBUG and not is_loopback(host):
        yield _error(6, "PORTAL_BASE_URL usa http fuera de este equipo.", "Use https: por ahí viaja el PIN.")
    if settings.HSTS_PRELOAD and not settings.HSTS_SUBDOMAINS:
        yield _error(
            65, "HSTS_PRELOAD exige HSTS_SUBDOMAINS.", "Quite HSTS_SUBDOMAINS=0, o no pida la lista."
        )
    if not settings.DEBUG and ("*" in settings.ALLOWED_HOSTS or not settings.ALLOWED_HOSTS):
        yield _error(
            7, "ALLOWED_HOSTS está vacía o admite cualquier nombre.", "Escriba los nombres del portal."
        )


@register
def demo(**_: Any) -> Iterator[CheckMessage]:
    """Allow the demo on this machine only, because its mailbox shows codes to everybody."""
    if not settings.DEMO:
        return
    if find_spec("demo") is None:
        yield _error(66, "DEMO está activa y la demostración no viene en esta imagen.", "Quite DEMO.")
    if settings.DEBUG:
        yield _error(
            8, "DEMO y DEBUG están activas a la vez.", "La demostración corre como producción: quite DEBUG."
        )
    hosts = [settings.PORTAL_HOST, *settings.ALLOWED_HOSTS]
    if not all(is_loopback(host) for host in hosts):
        yield _error(
            9,
            "DEMO está activa y el portal se ofrece fuera de este equipo.",
            "Quite DEMO, o use una dirección local (127.0.0.1) en PORTAL_BASE_URL y ALLOWED_HOSTS.",
        )


@register
def sms(**_: Any) -> Iterator[CheckMessage]:
    """Check the gateway that sends the PIN."""
    gateway = settings.SMS_GATEWAY
    if gateway not in settings.SMS_GATEWAYS:
        yield _error(
            10, "SMS_GATEWAY no es un proveedor conocido.", f"Use uno de: {', '.join(settings.SMS_GATEWAYS)}."
        )
    if (gateway == "console" and not settings.DEBUG) or (gateway == "demo" and not settings.DEMO):
        need = "DEBUG" if gateway == "console" else "DEMO"
        yield _error(
            11, f"SMS_GATEWAY={gateway} muestra los códigos y exige {need}.", "Use SMS_GATEWAY=twilio."
        )
    if gateway == "memory":
        # The tests silence this id
        yield _error(
            12, "SMS_GATEWAY=memory no envía nada: es solo para las pruebas.", "Use SMS_GATEWAY=twilio."
        )
    if gateway == "twilio":
        sender = settings.TWILIO_FROM or settings.TWILIO_MESSAGING_SERVICE_SID
        if not (settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN and sender):
            yield _error(
                13,
                "Faltan datos de Twilio.",
                "Defina TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN y TWILIO_FROM o TWILIO_MESSAGING_SERVICE_SID.",
            )
        if settings.TWILIO_BASE_URL and not _is_secure_origin(settings.TWILIO_BASE_URL):
            yield _error(
                25,
                "TWILIO_BASE_URL no es la dirección de un servidor, o usa http fuera de este equipo.",
                "Quítela para usar la de Twilio. Se escribe así: https://api.twilio.example",
            )


@register
def pin(**_: Any) -> Iterator[CheckMessage]:
    """Refuse fewer than six digits, below NIST and ASVS, without OTP_SHORT_CODES_ACCEPTED."""
    if settings.OTP_DIGITS < 6 and not settings.OTP_SHORT_CODES_ACCEPTED:
        yield _error(
            14,
            f"OTP_DIGITS={settings.OTP_DIGITS} es menos que lo que piden NIST y ASVS.",
            "Use 6, o acepte el riesgo con OTP_SHORT_CODES_ACCEPTED=1.",
        )


@register
def mail(**_: Any) -> Iterator[CheckMessage]:
    """Check the mail server and our own addresses."""
    if not (settings.EMAIL_URL_SET or settings.EMAIL_PROVIDER or settings.DEBUG or settings.DEMO):
        hint = "Se escribe así: smtp+tls://usuario:clave@servidor:587 (o use EMAIL_PROVIDER)"
        yield _error(15, "Falta EMAIL_URL.", hint)
    sends = settings.EMAIL_PROVIDER or settings.EMAIL_BACKEND == settings.SMTP
    if settings.EMAIL_URL_SET and not sends and not settings.DEBUG:
        # The tests silence this id too
        yield _error(
            24, "EMAIL_URL no envía nada: es solo para desarrollar.", "Use smtp+tls://usuario:clave@host:587"
        )
    for to in settings.OPERATIONS_EMAIL:
        if not _is_email(to):
            yield _error(
                41, "OPERATIONS_EMAIL tiene algo que no es un correo.", "Escriba direcciones, con comas."
            )
    for number, name in ((16, "DEFAULT_FROM_EMAIL"), (17, "POSTVENTA_EMAIL")):
        if not _is_email(getattr(settings, name)):
            yield _error(
                number, f"{name} falta o no es un correo.", "Escriba una dirección: area@operadora.example"
            )


@register
def mobile_network(**_: Any) -> Iterator[CheckMessage]:
    """Check the gateways that are trusted to state a visitor's number (R2.01)."""
    if not settings.MOBILE_HEADER:
        return
    gateways: Sequence[Network] = settings.MOBILE_GATEWAYS
    clients: Sequence[Network] = settings.MOBILE_CLIENT_NETWORKS
    if not gateways or not clients:
        yield _error(
            18,
            "MOBILE_HEADER está definida sin MOBILE_GATEWAYS o sin MOBILE_CLIENT_NETWORKS.",
            "Liste las redes de las pasarelas y las de los teléfonos.",
        )
    public = [network for network in gateways if network.is_global]
    if _any_wider(WIDEST_NETWORK, *gateways, *clients) or _any_wider(WIDEST_PUBLIC_GATEWAYS, *public):
        yield _error(
            19, "Las redes móviles incluyen demasiadas direcciones.", "Liste solo las de la operadora."
        )
    proxies: Sequence[Network] = settings.TRUSTED_PROXIES
    overlap = any(
        gateway.version == proxy.version and gateway.overlaps(proxy)
        for gateway in gateways
        for proxy in proxies
    )
    if overlap and not settings.MOBILE_HEADER_KEY:
        yield _error(
            20,
            "MOBILE_GATEWAYS y TRUSTED_PROXIES se solapan: cualquiera detrás del proxy podría escribir la cabecera.",
            "Separe las redes, o haga que la pasarela firme y defina MOBILE_HEADER_KEY (docs/network-identity.md).",
        )
    if not HEADER_NAME.fullmatch(settings.MOBILE_HEADER):
        # A name with an underscore would never arrive: gunicorn drops such headers (R2.04)
        yield _error(30, "MOBILE_HEADER no es el nombre de una cabecera.", "Se escribe así: X-MSISDN")
    if {settings.SECRET_KEY, settings.OTP_PEPPER} & set(settings.MOBILE_HEADER_KEY):
        yield _error(
            31, "MOBILE_HEADER_KEY es igual a SECRET_KEY o a OTP_PEPPER.", "Es solo para la pasarela: otra."
        )


@register
def libraries(**_: Any) -> Iterator[CheckMessage]:
    """Check libraries and classes that must be installed."""
    if not libmagic.available():
        yield _error(21, "No se encuentra libmagic.", "En Debian: apt install libmagic1")
    try:
        import_string(settings.COMPANY_DIRECTORY)
    except ImportError:
        yield _error(22, "COMPANY_DIRECTORY no se puede importar.", "Se escribe así: paquete.modulo.Clase")
    try:
        import_string(settings.STORAGES["default"]["BACKEND"])
    except ImportError:
        yield _error(
            40, "STORAGE_URL necesita bibliotecas que no están.", "Instale el extra «s3» (django-storages)."
        )


@register
def proxies(**_: Any) -> Iterator[CheckMessage]:
    """Check TRUSTED_PROXIES: trusting everybody would let any client choose its address."""
    if settings.HTTPS and not settings.TRUSTED_PROXIES:
        # TLS ends at the proxy: if none is trusted, every request looks like http, and is
        # redirected to https without end
        yield _error(
            60,
            "PORTAL_BASE_URL usa https y TRUSTED_PROXIES está vacía: cada página redirigiría a sí misma sin fin.",
            "Liste las redes del proxy que recibe https, que debe enviar X-Forwarded-Proto (deploy/nginx.conf).",
        )
    if any(network.prefixlen == 0 for network in settings.TRUSTED_PROXIES):
        yield _error(23, "TRUSTED_PROXIES incluye todas las direcciones.", "Liste solo sus proxies.")
    if any(network.prefixlen == 0 for network in settings.METRICS_NETWORKS):
        yield _error(
            42, "METRICS_NETWORKS incluye todas las direcciones.", "Liste solo las de su Prometheus."
        )


@register
def privacy_notice(**_: Any) -> Iterator[CheckMessage]:
    """Warn when the privacy notice has no contact address, which the law requires (R8.02)."""
    if not (settings.DEBUG or settings.DEMO or _is_email(settings.BRAND.privacy_email)):
        yield checks.Warning(
            "OPERATOR_PRIVACY_EMAIL falta o no es un correo: el aviso de privacidad no dice a quién escribir.",
            hint="Escriba el correo de protección de datos de la operadora (docs/personal-data.md).",
            id="fidelizacion.W002",
        )


@register
def looks(**_: Any) -> list[CheckMessage]:
    """Warn about a brand colour that is hard to read."""
    return [checks.Warning(text, id="fidelizacion.W001") for text in brand_problems(settings.BRAND)]


def _is_email(raw: str) -> bool:
    address = raw.rpartition("<")[2].rstrip(">") if raw.endswith(">") else raw
    try:
        validate_email(address)
    except ValidationError:
        return False
    return True


def _is_secure_origin(raw: str) -> bool:
    """Return whether this is an origin without a path. It must use https unless it is this machine,
    because the account's token is sent there.
    """
    try:
        url = urlsplit(raw)
        host, _port = url.hostname or "", url.port  # reading the port validates it
    except ValueError:
        return False
    plain = raw.isascii() and raw.isprintable() and " " not in raw and "@" not in url.netloc
    secure = url.scheme == "https" or (url.scheme == "http" and is_loopback(host))
    return bool(plain and host and secure and raw == f"{url.scheme}://{url.netloc}")


def _any_wider(limits: Mapping[int, int], *networks: Network) -> bool:
    return any(network.prefixlen < limits[network.version] for network in networks)
