"""Settings of the suite: the product's settings, read from variables that are set here before they
load.

`DATABASE_URL` and `REDIS_URL` are not set here, because they choose the engine and the broker of a
run.
"""

import os
from pathlib import Path
from tempfile import gettempdir

from jinja2 import StrictUndefined

os.environ.setdefault("SECRET_KEY", "tests-" + "k" * 60)
os.environ.setdefault("OTP_PEPPER", "tests-" + "p" * 60)
os.environ.setdefault("EMAIL_URL", "memorymail://")
os.environ.setdefault("SMS_GATEWAY", "memory")
os.environ.setdefault("DEFAULT_FROM_EMAIL", "fidelizacion@operadora.example")
os.environ.setdefault("POSTVENTA_EMAIL", "postventa@operadora.example")
os.environ.setdefault("PORTAL_BASE_URL", "http://127.0.0.1:8000")
os.environ.setdefault("ALLOWED_HOSTS", "testserver,127.0.0.1,localhost")

from fidelizacion.settings import *  # noqa: F403
from fidelizacion.settings import DATABASES, INSTALLED_APPS, LOCAL_STORE, TEMPLATES

if "demo" not in INSTALLED_APPS:
    INSTALLED_APPS += ["demo"]  # outside demo mode too: its models are tested and linted

# E012 and E024 forbid the memory mail backend and SMS gateway, which the suite uses
SILENCED_SYSTEM_CHECKS = ["fidelizacion.E012", "fidelizacion.E024"]

DATABASE_URL_SET = True  # the suite makes a SQLite database when no URL is set

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, since threads and processes cannot share SQLite's in-memory database; one per run,
    # since runs may overlap. It is in /dev/shm where that exists, so that no commit waits for a
    # disk; no test needs the data to survive a power failure.
    in_memory = Path("/dev/shm")  # noqa: S108  the file's name contains this process's id
    folder = in_memory if os.access(in_memory, os.W_OK) else Path(gettempdir())
    DATABASES["default"]["TEST"] = {"NAME": str(folder / f"fidelizacion-tests-{os.getpid()}.sqlite3")}

# A name that a page is not given is an error, as it is in a mail
PAGES, *OTHERS = TEMPLATES
TEMPLATES = [{**PAGES, "OPTIONS": {**PAGES["OPTIONS"], "undefined": StrictUndefined}}, *OTHERS]

# The product's password hashers are slow by design, and no test depends on the algorithm
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": LOCAL_STORE,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# WhiteNoise serves the source files, because the suite does not run collectstatic
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
