"""Store documents: random names, mode 0600, flushed before their rows exist (R3.15, R3.21)."""

import logging
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from django.apps import apps
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import InterfaceError, OperationalError

from attachments.models import StagedFile, StoredDocument, private_storage

logger = logging.getLogger(__name__)

ORPHAN_AGE = timedelta(hours=24)  # R3.21; a row is committed seconds after its file is written
BATCH = 500  # names per query
NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}")
FOLDER = re.compile(r"[0-9a-f]{2}")


class DiskUsage(NamedTuple):
    """Free and total space of a disk, in bytes."""

    free: int
    total: int

    @property
    def free_share(self) -> float:
        """The free part, from 0 to 1; 1 for a file system that does not report its size."""
        return self.free / self.total if self.total else 1.0


class StorageFailed(Exception):
    """The store is nearly full, read-only or unavailable, and keeps no file of the request."""


@contextmanager
def saved_files(contents: Iterable[bytes]) -> Iterator[list[str]]:
    """Write the files for a `with` block that commits the rows naming them.

    The files are deleted when the block raises. After an error of the database connection they
    stay, because the commit may have succeeded (R4.21); the daily clean-up removes them otherwise.
    Raises StorageFailed when the files cannot be written.
    """
    storage = private_storage()
    names: list[str] = []
    try:
        for content in contents:
            if not names and not has_room():
                raise StorageFailed
            names.append(_write(storage, content))
    except OSError as error:
        delete(names)
        raise StorageFailed from error
    try:
        yield names
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        delete(names)
        raise


def has_room() -> bool:
    """Return whether the disk of the documents has its reserve of free space (R3.20).

    Always true for a remote store, which reports no free space.
    """
    try:
        usage = disk_usage()
    except OSError:
        return False
    return usage is None or usage.free * 100 >= usage.total * settings.ATTACHMENTS_MIN_FREE_PERCENT


def disk_usage() -> DiskUsage | None:
    """Return the space on the disk of the documents; None for a remote store. Raises OSError."""
    try:
        folder = Path(private_storage().path(""))
    except NotImplementedError:
        return None
    usage = shutil.disk_usage(next(path for path in (folder, *folder.parents) if path.exists()))
    return DiskUsage(usage.free, usage.total)


def delete(names: Iterable[str]) -> None:
    """Delete files; one that cannot be deleted is left to the daily clean-up."""
    storage = private_storage()
    for name in names:
        with suppress(OSError):
            storage.delete(name)


def remove_orphans(now: datetime) -> int:
    """Delete files older than a day that no row names; a crash before the commit leaves such files.

    Raises OSError when a remote store is unavailable; the run of the next day deletes them.
    """
    storage = private_storage()
    stored, models = _stored_names(storage), document_models()
    removed = 0
    while names := list(islice(stored, BATCH)):
        owned: set[str] = set()
        for model in models:
            owned.update(model._default_manager.filter(file__in=names).values_list("file", flat=True))  # noqa: SLF001
        for name in names:
            if name not in owned and _is_older(storage, name, now - ORPHAN_AGE):
                storage.delete(name)
                removed += 1
    if removed:
        logger.info("Removed %d orphaned files", removed)
    return removed


def document_models() -> list[type[StoredDocument]]:
    """Return the models of all apps whose rows name files, `StagedFile` first.

    A staged file can become the file of another model's row between two queries. In this order, at
    least one query sees it.
    """
    document_types = [model for model in apps.get_models() if issubclass(model, StoredDocument)]
    return sorted(document_types, key=lambda model: model is not StagedFile)


def _write(storage: Storage, content: bytes) -> str:
    """Store the content, so that it survives a power cut, and return its name."""
    random_name = secrets.token_hex(16)
    name = f"{random_name[:2]}/{random_name}"
    try:
        name = storage.save(name, ContentFile(content))
        _flush(storage, name)
    except OSError:
        # A full disk has an incomplete file, which is deleted. A remote store has none, and a
        # request to delete it would only take time
        with suppress(OSError, NotImplementedError):
            Path(storage.path(name)).unlink(missing_ok=True)
        raise
    return name


def _flush(storage: Storage, name: str) -> None:
    try:
        path = Path(storage.path(name))
    except NotImplementedError:  # a remote store, whose answer says that the file is stored
        return
    # The data, the file's entry in its folder, the folder's entry in the root
    for flushed in (path, path.parent, path.parent.parent):
        descriptor = os.open(flushed, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _is_older(storage: Storage, name: str, moment: datetime) -> bool:
    try:
        return storage.get_modified_time(name) < moment
    except FileNotFoundError:  # a failed request has just deleted its own file
        return False


def _stored_names(storage: Storage) -> Iterator[str]:
    """Yield the names of files written by this module; other files in the store are ignored."""
    with suppress(FileNotFoundError):
        for folder in filter(FOLDER.fullmatch, storage.listdir("")[0]):
            for file in storage.listdir(folder)[1]:
                if NAME.fullmatch(f"{folder}/{file}"):
                    yield f"{folder}/{file}"
