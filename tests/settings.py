"""Settings of the suite: the product's own, read from an environment that the suite fixes before they load."""

import os

os.environ.setdefault("SECRET_KEY", "tests-" + "k" * 60)
os.environ.setdefault("OTP_PEPPER", "tests-" + "p" * 60)
os.environ.setdefault("SMS_GATEWAY", "memory")
os.environ.setdefault("DEFAULT_FROM_EMAIL", "fidelizacion@operadora.example")
os.environ.setdefault("POSTVENTA_EMAIL", "postventa@operadora.example")
os.environ.setdefault("PORTAL_BASE_URL", "http://127.0.0.1:8000")
os.environ.setdefault("ALLOWED_HOSTS", "testserver,127.0.0.1,localhost")

from fidelizacion.settings import *  # noqa: E402, F403

# Hashing is slow by design; the suite checks no hash
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
