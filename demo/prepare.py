"""Prepares the demo: tables, static files, sample directory, two staff accounts. Safe to repeat."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection

from demo.mark import NotADemo, claim
from demo.sample import load_sample_directory, load_sample_types
from desk import groups
from fidelizacion.startup_checks import exit_on_errors
from fidelizacion.system_checks.demo_traces import ADVISOR, PASSWORD, SUPERVISOR


def prepare() -> None:
    """Bring the demo up to date. Exit if the environment or the database is not a demo's."""
    exit_on_errors(database=False)  # the database has no mark yet; `claim`, below, checks it
    if not settings.DEMO:
        raise SystemExit("La preparación es solo para la demostración.")
    try:
        claim(connection)
    except NotADemo as refusal:
        raise SystemExit(str(refusal)) from None
    call_command("migrate", interactive=False, verbosity=0)
    collect_static_files(settings.STATIC_ROOT)
    load_sample_directory(make_staff())
    load_sample_types()


def collect_static_files(target: Path) -> None:
    """Collect and compress the static files, unless no source has changed since the last time.

    Collecting deletes what the folder holds, so the folder must be a demo's: its stamp file is
    written before the first collection. Exits if the folder holds files and has no stamp.
    """
    stamp, fingerprint = target.parent / "static.stamp", _fingerprint()
    if target.is_dir() and stamp.is_file() and stamp.read_text(encoding="ascii") == fingerprint:
        return
    if not stamp.is_file() and target.is_dir() and any(target.iterdir()):
        raise SystemExit(
            f"En {target} hay archivos que no puso una demostración: no se tocan. Indique otra carpeta."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text("", encoding="ascii")
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(fingerprint, encoding="ascii")


def _fingerprint() -> str:
    """Hash the name, size and time of every static file."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def make_staff() -> User:
    """Create the demo's supervisor and advisor, with their groups. Returns the advisor."""
    groups.reset()
    _make_user(SUPERVISOR, "Supervisor", groups.SUPERVISOR)
    return _make_user(ADVISOR, "Asesora", groups.ADVISOR)


def _make_user(username: str, first_name: str, group: str) -> User:
    user, created = User.objects.get_or_create(
        username=username,
        defaults={
            "first_name": first_name,
            "last_name": "Demo",
            "email": f"{username}@operadora.example",
            "is_staff": True,
        },
    )
    if created:
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])
    user.groups.set(Group.objects.filter(name=group))
    return user
