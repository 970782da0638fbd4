"""The demo's data: tables, static files, the sample directory and its two members of staff. Can be
run again.
"""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection

from demo.mark import NotADemo, claim
from demo.sample import load_sample_directory
from desk import groups
from fidelizacion.startup_checks import exit_on_errors
from fidelizacion.system_checks.demo_traces import ADVISOR, PASSWORD, SUPERVISOR


def prepare() -> None:
    """Brings the demo's folder up to date. Ends the process when the environment or the database is
    not a demo's.
    """
    exit_on_errors(database=False)  # which gets its mark here
    if not settings.DEMO:
        raise SystemExit("La preparación es solo para la demostración.")
    try:
        claim(connection)
    except NotADemo as refusal:
        raise SystemExit(str(refusal)) from None
    call_command("migrate", interactive=False, verbosity=0)
    collect_static_files(settings.STATIC_ROOT)
    load_sample_directory(make_staff())


def collect_static_files(target: Path) -> None:
    """Collects and compresses, unless every source is as it was the last time.

    What is there is deleted first, so it has to be a demo's: its stamp is written before anything
    is collected.
    """
    stamp, now = target.parent / "static.stamp", _fingerprint()
    if target.is_dir() and stamp.is_file() and stamp.read_text(encoding="ascii") == now:
        return
    if not stamp.is_file() and target.is_dir() and any(target.iterdir()):
        raise SystemExit(
            f"En {target} hay archivos que no puso una demostración: no se tocan. Indique otra carpeta."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text("", encoding="ascii")
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(now, encoding="ascii")


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def make_staff() -> User:
    """Who signs in to the demo's desk, in the groups of their roles. Returns the advisor."""
    groups.reset()
    _make(SUPERVISOR, "Supervisor", "Demo", groups.SUPERVISOR)
    return _make(ADVISOR, "Asesora", "Demo", groups.ADVISOR)


def _make(username: str, first_name: str, last_name: str, group: str) -> User:
    user, made = User.objects.get_or_create(
        username=username,
        defaults={
            "first_name": first_name,
            "last_name": last_name,
            "email": f"{username}@operadora.example",
            "is_staff": True,
        },
    )
    if made:
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])
    user.groups.set(Group.objects.filter(name=group))
    return user
