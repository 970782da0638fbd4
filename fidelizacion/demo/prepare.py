"""The demo's data: tables, static files, the sample directory and its two members of staff. Can be run again."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db.models import QuerySet

from companies.sample import load_sample_directory
from fidelizacion.start import refuse_a_bad_environment
from tickets.staff import advisor_permissions, supervisor_permissions

PASSWORD = "demo-fidelizacion"  # noqa: S105  public, and refused outside of the demo
ADVISOR, SUPERVISOR = "asesora", "supervisor"


def prepare() -> None:
    """Brings the demo's folder up to date. Ends the process when the environment is not a demo's."""
    refuse_a_bad_environment()
    if not settings.DEMO:
        raise SystemExit("La preparación es solo para la demostración.")
    call_command("migrate", interactive=False, verbosity=0)
    collect_static_files(settings.STATIC_ROOT)
    load_sample_directory(make_staff())


def collect_static_files(target: Path) -> None:
    """Collects and compresses, unless every source is as it was the last time."""
    stamp, now = target.parent / "static.stamp", _fingerprint()
    if target.is_dir() and stamp.is_file() and stamp.read_text(encoding="ascii") == now:
        return
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
    """Who signs in to the demo's desk (contract.md), with what their roles may do. Returns the advisor."""
    _make(SUPERVISOR, "Supervisor", "Demo", supervisor_permissions())
    return _make(ADVISOR, "Asesora", "Demo", advisor_permissions())


def _make(username: str, first_name: str, last_name: str, permissions: QuerySet[Permission]) -> User:
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
    user.user_permissions.set(permissions)
    return user
