"""Settings, all from environment variables (docs/environment.md). System checks validate them."""

import tomllib
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from celery.schedules import crontab
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from kombu import Exchange, Queue

from attachments.clamd import Server, parse_url
from attachments.s3_url import parse_storage_url
from brand.operator import DATA_AUTHORITY, Brand, parse_colour
from desk import theme
from fidelizacion import mail_provider
from fidelizacion.database.url import SQLITE_OPTIONS, parse_database_url
from fidelizacion.env import (
    Environment,
    parse_base_url,
    parse_broker_url,
    parse_keys,
    parse_log_format,
    parse_time_zone,
)
from fidelizacion.template_engines import template_engines
from otp.limits.rates import parse_count, parse_rates

BASE_DIR = Path(__file__).resolve().parent.parent
# The only place of the version is pyproject.toml; the image holds a copy of it
VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
VAR_DIR = BASE_DIR / "var"
env = Environment()

# -- The process -----------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG")
DEMO = env.flag("DEMO")
SECRET_KEY = env.text("SECRET_KEY") or "unset"
SECRET_KEY_FALLBACKS = env.items("SECRET_KEY_FALLBACKS")
PORTAL_BASE_URL = env.read("PORTAL_BASE_URL", parse_base_url, "http://127.0.0.1:8000")
PORTAL_HOST = urlsplit(PORTAL_BASE_URL).hostname or ""
HTTPS = PORTAL_BASE_URL.startswith("https://")
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS", (PORTAL_HOST,))
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")
METRICS_NETWORKS = env.networks("METRICS_NETWORKS")
# How many threads of a process may use the database at once (database_gate.py)
WEB_THREADS = env.number("WEB_THREADS", 4, minimum=1)

ROOT_URLCONF = "fidelizacion.urls"
WSGI_APPLICATION = "fidelizacion.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "fidelizacion",
    "companies",
    "otp",
    "notifications",
    "attachments",
    "tickets",
    "staff",
    "operations",
    "jobs",
    "desk",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "phonenumber_field",
    "anymail",
    "csp",
]
if DEMO and find_spec("demo") is not None:
    # Only then does its mailbox have a table. If the package is missing, check E066 reports it
    INSTALLED_APPS.append("demo")

MIDDLEWARE = [
    "fidelizacion.middleware.RequestIdMiddleware",
    "fidelizacion.middleware.ForwardedProtoMiddleware",
    # Before SecurityMiddleware, so that its redirects carry these headers too (R6.03)
    "fidelizacion.middleware.ContentSecurityPolicyMiddleware",
    "fidelizacion.middleware.HeadersMiddleware",
    "fidelizacion.hosts.HostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "fidelizacion.middleware.MethodMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "fidelizacion.middleware.BodyLimitMiddleware",
    "fidelizacion.content_type.CharsetMiddleware",
    "fidelizacion.middleware.NullByteMiddleware",
    "fidelizacion.database.database_gate.DatabaseGateMiddleware",
    "fidelizacion.middleware.ConcurrentSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "fidelizacion.middleware.StaffSessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = template_engines(BASE_DIR)
FORM_RENDERER = "fidelizacion.jinja.FormRenderer"

# -- Databases and files (without DATABASE_URL the processes refuse to start, check E061) ----------
_SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": VAR_DIR / "fidelizacion.sqlite3",
    "OPTIONS": SQLITE_OPTIONS,
}
DATABASE_URL_SET = bool(env.text("DATABASE_URL"))
DATABASES = {"default": env.read("DATABASE_URL", parse_database_url, dict(_SQLITE))}
REDIS_URL = env.read("REDIS_URL", parse_broker_url, "redis://127.0.0.1:6379/0")

# Attachments: never in a folder that is served (R3.15); on the local disk without STORAGE_URL
MEDIA_ROOT = Path(env.text("ATTACHMENTS_DIR", str(VAR_DIR / "attachments")))
ATTACHMENTS_MIN_FREE_PERCENT = env.number("ATTACHMENTS_MIN_FREE_PERCENT", 10, maximum=90)  # R3.20
# Confirmations to addresses other than the registered one; further ones wait for an advisor (S4).
# Ten an hour are enough for a person who makes requests for several companies, and too few for spam
TICKETS_PER_PHONE = env.read("TICKETS_PER_PHONE", parse_rates, parse_rates("10/h,30/d"))
UPLOAD_QUOTA_PER_PHONE = env.read("UPLOAD_QUOTA_PER_PHONE", parse_rates, parse_rates("20/d"))  # files; R3.20
LOCAL_STORE: dict[str, Any] = {
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    # Not as FILE_UPLOAD_PERMISSIONS, which would also apply to the files of `collectstatic`
    "OPTIONS": {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
}
CLAMD: Server | None = env.read("CLAMD_URL", parse_url, None)  # none: documents are not scanned (R3.18)
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES: dict[str, dict[str, Any]] = {
    "default": env.read("STORAGE_URL", parse_storage_url, LOCAL_STORE),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# -- Requests --------------------------------------------------------------------------------------
DATA_UPLOAD_MAX_MEMORY_SIZE = 262_144  # without the files (R6.13)
DATA_UPLOAD_MAX_NUMBER_FILES = 50  # above the form's limit, so that the form reports it (R3.02)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 6_000
FILE_UPLOAD_HANDLERS = ["attachments.uploads.CappedMemoryUploadHandler"]

# -- Sessions and cookies (R6.07) ------------------------------------------------------------------
_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_PREFIX}sessionid"
SESSION_ENGINE = "fidelizacion.sessions"
SESSION_COOKIE_AGE = 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = f"{_PREFIX}csrftoken"
CSRF_COOKIE_AGE = None
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "fidelizacion.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = [PORTAL_BASE_URL]
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

PORTAL_START_URL = "tickets:request"  # the first page after the PIN
# Pages that open after the PIN, if the visitor requested them before it
SIGN_IN_DESTINATIONS = ("tickets:list", "tickets:ticket")

SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]  # called directly, not through the proxy that ends TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS and TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0
HSTS_SUBDOMAINS = env.flag("HSTS_SUBDOMAINS", True)
HSTS_PRELOAD = env.flag("HSTS_PRELOAD")
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS and HSTS_SUBDOMAINS
SECURE_HSTS_PRELOAD = HTTPS and HSTS_PRELOAD
# W021 asks for HSTS preload, which binds the operator's whole domain: not the portal's decision
SILENCED_SYSTEM_CHECKS = ["security.W021", *(() if HSTS_SUBDOMAINS else ("security.W005",))]

_CSP = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "object-src": [NONE],
    "frame-ancestors": [NONE],
}
CONTENT_SECURITY_POLICY = {"DIRECTIVES": _CSP}
# The admin's theme needs UNSAFE_EVAL and UNSAFE_INLINE (R6.03); the portal allows neither
ADMIN_CONTENT_SECURITY_POLICY = {
    **_CSP,
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}

# -- Staff -----------------------------------------------------------------------------------------
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    # 15 while a password is the only factor (R5.03)
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "staff.passwords.PredictableValidator"},
    {"NAME": "staff.passwords.ContextWordsValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
# After so many wrong passwords, an attempt is refused without a comparison (staff/lockout.py)
STAFF_FAILURES_PER_USER = env.read("STAFF_FAILURES_PER_USER", parse_rates, parse_rates("5/15m"))
STAFF_FAILURES_PER_ADDRESS = env.read("STAFF_FAILURES_PER_ADDRESS", parse_rates, parse_rates("20/15m"))
STAFF_FAILURES_PER_BROWSER = env.read("STAFF_FAILURES_PER_BROWSER", parse_rates, parse_rates("10/15m"))
# On by default: an administrator's phone gives access to the companies' lines, so a second person
# confirms a new number (staff/contact_changes.py)
STAFF_SECOND_PERSON = env.flag("STAFF_SECOND_PERSON", default=True)
STAFF_BROWSER_COOKIE_NAME = f"{_PREFIX}staffbrowser"

# -- Language and time -----------------------------------------------------------------------------
LANGUAGE_CODE = "es-ec"
LOCALE_PATHS = [BASE_DIR / "locale"]  # Spanish texts for the desk's theme, which has none
# For every date and time shown, and for the rules
TIME_ZONE = env.read("TIME_ZONE", parse_time_zone, "America/Guayaquil")
PHONENUMBER_DEFAULT_REGION = "EC"

# -- The PIN ---------------------------------------------------------------------------------------
OTP_PEPPER = env.text("OTP_PEPPER") or ("unset" if DEBUG else "")
OTP_DIGITS = env.number("OTP_DIGITS", 6, minimum=4, maximum=8)
OTP_SHORT_CODES_ACCEPTED = env.flag("OTP_SHORT_CODES_ACCEPTED")
OTP_VALIDITY = timedelta(seconds=env.number("OTP_VALIDITY_SECONDS", 300, minimum=60, maximum=600))
OTP_RESEND_SECONDS = env.number("OTP_RESEND_SECONDS", 60, maximum=3600)
OTP_SENDS_PER_PHONE = env.read("OTP_SENDS_PER_PHONE", parse_rates, parse_rates("3/10m,5/h,10/d"))
OTP_SENDS_PER_ADDRESS = env.read("OTP_SENDS_PER_ADDRESS", parse_rates, parse_rates("30/h"))
OTP_SENDS_PER_SESSION = env.read("OTP_SENDS_PER_SESSION", parse_rates, parse_rates("5/h"))
OTP_SENDS_PER_DAY = env.read("OTP_SENDS_PER_DAY", parse_rates, parse_rates("2000/d"))
# Enough for honest visitors: the 30 codes an hour that one address may request, mistyped twice each
OTP_FAILURES_PER_ADDRESS = env.read("OTP_FAILURES_PER_ADDRESS", parse_rates, parse_rates("60/h,200/d"))
# With 1,000 guesses a day the chance to hit a code is 1 in 1,000; honest mistakes are far fewer
OTP_FAILURES_ALARM = env.read("OTP_FAILURES_ALARM", parse_rates, parse_rates("200/h,1000/d"))
# `consulta/`, open to people without a registered number: codes by e-mail, and files
PUBLIC_CODES_PER_EMAIL = env.read("PUBLIC_CODES_PER_EMAIL", parse_rates, parse_rates("3/10m,5/h,10/d"))
PUBLIC_CODES_PER_ADDRESS = env.read("PUBLIC_CODES_PER_ADDRESS", parse_rates, parse_rates("20/h,60/d"))
PUBLIC_CODES_PER_DAY = env.read("PUBLIC_CODES_PER_DAY", parse_rates, parse_rates("500/d"))
PUBLIC_FILES_PER_DAY = env.read("PUBLIC_FILES_PER_DAY", parse_rates, parse_rates("200/d"))
PORTAL_BROWSER_COOKIE_NAME = f"{_PREFIX}portalbrowser"
OTP_FAILURES_PER_PHONE = env.read("OTP_FAILURES_PER_PHONE", parse_count, 10)
INVITATIONS_PER_PHONE = env.read("INVITATIONS_PER_PHONE", parse_rates, parse_rates("1/h,3/d"))

MOBILE_HEADER = env.text("MOBILE_HEADER")
MOBILE_GATEWAYS = env.networks("MOBILE_GATEWAYS")
MOBILE_CLIENT_NETWORKS = env.networks("MOBILE_CLIENT_NETWORKS")
MOBILE_HEADER_KEY: tuple[str, ...] = env.read("MOBILE_HEADER_KEY", parse_keys, ())
# Tried in this order (otp/network/network_identity.py); if none answers, the visitor gets a PIN
NETWORK_IDENTITIES: tuple[str, ...] = ("otp.network.mobile_header.MobileHeader",) if MOBILE_HEADER else ()

SMS_GATEWAY = env.text("SMS_GATEWAY", "twilio")
SMS_GATEWAYS = {
    "console": "notifications.sms.console.ConsoleGateway",
    "memory": "notifications.sms.memory.MemoryGateway",
    "demo": "demo.gateways.DemoGateway",
    "twilio": "notifications.sms.twilio.TwilioGateway",
}
TWILIO_ACCOUNT_SID = env.text("TWILIO_ACCOUNT_SID")
TWILIO_AUTH_TOKEN = env.text("TWILIO_AUTH_TOKEN")
# Verifies callbacks while the tokens are rotated
TWILIO_AUTH_TOKEN_PREVIOUS = env.text("TWILIO_AUTH_TOKEN_PREVIOUS")
TWILIO_FROM = env.text("TWILIO_FROM")
TWILIO_MESSAGING_SERVICE_SID = env.text("TWILIO_MESSAGING_SERVICE_SID")
TWILIO_BASE_URL = env.text("TWILIO_BASE_URL").rstrip("/")  # set only in tests, to a fake of the API

# -- The directory and the tickets -----------------------------------------------------------------
COMPANY_DIRECTORY = env.text("COMPANY_DIRECTORY", "companies.directory.LocalDirectory")
TICKET_NUMBER_START = env.number("TICKET_NUMBER_START", 1_000_001, minimum=1_000_000, maximum=9_999_999)


# -- Mail ------------------------------------------------------------------------------------------
SMTP = EMAIL_BACKEND = mail_provider.SMTP
EMAIL_URL_SET = bool(env.text("EMAIL_URL"))
_DEMO_MAIL: dict[str, object] = {"EMAIL_BACKEND": "demo.gateways.DemoEmailBackend"}
vars().update(env.read("EMAIL_URL", mail_provider.parse_email_url, _DEMO_MAIL if DEMO else {}))
EMAIL_PROVIDER = env.text("EMAIL_PROVIDER").lower()
EMAIL_PROVIDER_SETTINGS: dict[str, object] = env.read(
    "EMAIL_PROVIDER_SETTINGS", mail_provider.parse_settings, {}
)
_SECRETS: tuple[str, ...] = env.read("EMAIL_WEBHOOK_SECRET", mail_provider.parse_secrets, ())
ANYMAIL = mail_provider.anymail(EMAIL_PROVIDER, EMAIL_PROVIDER_SETTINGS, _SECRETS, PORTAL_BASE_URL)
if EMAIL_PROVIDER:
    EMAIL_BACKEND = f"anymail.backends.{EMAIL_PROVIDER}.EmailBackend"
EMAIL_TIMEOUT = 20  # seconds; Django's default is to wait for ever (R4.26)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "fidelizacion@localhost" if DEBUG or DEMO else "")
POSTVENTA_EMAIL = env.text("POSTVENTA_EMAIL", "postventa@localhost" if DEBUG or DEMO else "")
OPERATIONS_EMAIL = env.items("OPERATIONS_EMAIL")  # for alarms and the daily digest; empty: POSTVENTA_EMAIL

# -- Celery (R4.11). The work is in database rows; a lost task only delays it until the next sweep -
CELERY_BROKER_URL = REDIS_URL
# PINs have a separate queue, so that slow mails do not delay them. A worker without `--queues`
# serves both
CELERY_TASK_QUEUES = [Queue(name, Exchange(name), routing_key=name) for name in ("celery", "codes")]
CELERY_TASK_ROUTES = {
    "otp.tasks.send_challenge": {"queue": "codes", "routing_key": "codes"},
    "tickets.tasks.send_public_code": {"queue": "codes", "routing_key": "codes"},
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_SOFT_TIME_LIMIT = 45
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = TIME_ZONE
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 3 if DEMO else 30
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_VISIBILITY_TIMEOUT = 120
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "health_check_interval": 25,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
}
CELERY_BEAT_SCHEDULER = "operations.beat:Scheduler"
CELERY_BEAT_SCHEDULE = {
    # A sweep that no worker has taken expires before the next one, which does the same
    "sweep": {"task": "jobs.tasks.sweep", "schedule": 60.0, "options": {"expires": 55}},
    "heartbeat": {"task": "operations.tasks.heartbeat", "schedule": 60.0, "options": {"expires": 55}},
    # At fixed times, because an interval begins again whenever beat starts without its schedule
    # file, and so might never end
    "digest": {"task": "operations.tasks.digest", "schedule": crontab(minute=0, hour=7)},
    "clear-expired": {"task": "otp.tasks.clear_expired", "schedule": crontab(minute=15, hour=3)},
    "clear-sign-ins": {"task": "staff.tasks.clear_expired", "schedule": crontab(minute=30, hour=3)},
    "remove-orphaned-files": {
        "task": "tickets.tasks.remove_orphaned_files",
        "schedule": crontab(minute=45, hour=3),
    },
}

# -- The operator's brand --------------------------------------------------------------------------
BRAND = Brand(
    name=env.text("OPERATOR_NAME", "Operadora Andina"),
    colour=env.read("OPERATOR_COLOUR", parse_colour, "#0b5c6b"),
    logo=env.read("OPERATOR_LOGO", Path, None),
    mail_logo=env.read("OPERATOR_MAIL_LOGO", Path, None),
    support_phone=env.text("OPERATOR_SUPPORT_PHONE"),
    support_hours=env.text("OPERATOR_SUPPORT_HOURS"),
    support_email=env.text("OPERATOR_SUPPORT_EMAIL"),
    privacy_url=env.text("OPERATOR_PRIVACY_URL"),
    privacy_email=env.text("OPERATOR_PRIVACY_EMAIL"),
    sms_provider="Twilio, en Estados Unidos" if SMS_GATEWAY == "twilio" else "",
    mail_provider=env.text("OPERATOR_MAIL_PROVIDER"),
    data_authority_name=env.text("OPERATOR_DATA_AUTHORITY_NAME", DATA_AUTHORITY),
    data_authority_url=env.text("OPERATOR_DATA_AUTHORITY_URL"),
    retention_months=env.number("OPERATOR_RETENTION_MONTHS", 24, minimum=1, maximum=240),
    regulator_name=env.text("OPERATOR_REGULATOR_NAME", "ARCOTEL"),
    regulator_url=env.text("OPERATOR_REGULATOR_URL"),
)

UNFOLD = theme.theme(BRAND)

# -- Logs: our code passes no phone, code or free text to a logger (R8.08) -------------------------
LOG_FORMAT = env.read("LOG_FORMAT", parse_log_format, "text")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "fidelizacion.log_masking.formatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    # Replaces Django's default handlers, which would mail server errors with the request to ADMINS
    "loggers": {"django": {"handlers": ["console"], "level": "INFO", "propagate": False}},
}
ENVIRONMENT_PROBLEMS = tuple(dict.fromkeys(env.problems))  # a variable that is read twice is reported once
