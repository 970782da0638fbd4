"""Settings of the suite: the product's own, read from an environment that the suite fixes before
they load.

`DATABASE_URL` and `REDIS_URL` are left as they come: they are what a run on PostgreSQL and Redis
differs by.
"""

import os
from pathlib import Path
from tempfile import gettempdir

os.environ.setdefault("SECRET_KEY", "tests-" + "k" * 60)
os.environ.setdefault("OTP_PEPPER", "tests-" + "p" * 60)
os.environ.setdefault("EMAIL_URL", "memorymail://")
os.environ.setdefault("SMS_GATEWAY", "memory")
os.environ.setdefault("DEFAULT_FROM_EMAIL", "fidelizacion@operadora.example")
os.environ.setdefault("POSTVENTA_EMAIL", "postventa@operadora.example")
os.environ.setdefault("PORTAL_BASE_URL", "http://127.0.0.1:8000")
os.environ.setdefault("ALLOWED_HOSTS", "testserver,127.0.0.1,localhost")

from fidelizacion.settings import *  # noqa: F403
from fidelizacion.settings import DATABASES, INSTALLED_APPS, LOCAL_STORE

if "demo" not in INSTALLED_APPS:
    INSTALLED_APPS += ["demo"]  # outside demo mode too: its models are tested, and linted with the others

# The suite's messages go to memory; anywhere else those carriers are errors
SILENCED_SYSTEM_CHECKS = ["fidelizacion.E012", "fidelizacion.E024"]

DATABASE_URL_SET = True  # the suite makes a database of its own, where none is named

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, since threads and processes cannot share an in-memory database; one per run, since
    # runs may overlap. In memory where the system has a folder for that: no test pulls the plug,
    # and a disk is waited for at each commit
    in_memory = Path("/dev/shm")  # noqa: S108  the name has the number of the process, which is this one's alone
    folder = in_memory if os.access(in_memory, os.W_OK) else Path(gettempdir())
    DATABASES["default"]["TEST"] = {"NAME": str(folder / f"fidelizacion-tests-{os.getpid()}.sqlite3")}

# Hashing is slow by design; the suite checks no hash
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": LOCAL_STORE,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Straight from the sources: the suite collects nothing
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
