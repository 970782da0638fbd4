"""Documents in their store: random names, mode 0600, flushed to disk before the rows that name them
(R3.15, R3.21).
"""

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

ORPHAN_AGE = timedelta(hours=24)  # R3.21; a row follows its file within seconds
BATCH = 500  # names a query
NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}")
FOLDER = re.compile(r"[0-9a-f]{2}")


class DiskUsage(NamedTuple):
    """Room on a disk, in bytes."""

    free: int
    total: int

    @property
    def free_share(self) -> float:
        """Of a file system that does not tell its size, all."""
        return self.free / self.total if self.total else 1.0


class StorageFailed(Exception):
    """The store did not take a file: nearly full, read-only or away. Nothing of the request was
    kept in it.
    """


@contextmanager
def saved_files(contents: Iterable[bytes]) -> Iterator[list[str]]:
    """Write the files for the length of a `with` that commits the rows naming them; if it fails,
    they are removed.

    Raises StorageFailed when they cannot be written. A database that went away may have committed
    all the same (R4.21): then the files stay, for the daily clean-up.
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
    """Whether the attachments' disk has its reserve left (R3.20); what a remote store has left is
    its own affair.
    """
    try:
        there = disk_usage()
    except OSError:
        return False
    return there is None or there.free * 100 >= there.total * settings.ATTACHMENTS_MIN_FREE_PERCENT


def disk_usage() -> DiskUsage | None:
    """The attachments' disk; none where a remote store keeps them. Raises OSError."""
    try:
        folder = Path(private_storage().path(""))
    except NotImplementedError:
        return None
    usage = shutil.disk_usage(next(path for path in (folder, *folder.parents) if path.exists()))
    return DiskUsage(usage.free, usage.total)


def delete(names: Iterable[str]) -> None:
    """Take files away as far as the store lets go of them; the
    daily clean-up finds what it kept.
    """
    storage = private_storage()
    for name in names:
        with suppress(OSError):
            storage.delete(name)


def remove_orphans(now: datetime) -> int:
    """Delete files a day old that no row names: what a death between file and commit left behind.

    Raises OSError when a remote store is away; the next day's run does the same.
    """
    storage = private_storage()
    stored, models = _stored_names(storage), document_models()
    removed = 0
    while names := list(islice(stored, BATCH)):
        owned = {name for model in models for name in _named_by(model, names)}
        for name in names:
            if name not in owned and _is_older(storage, name, now - ORPHAN_AGE):
                storage.delete(name)
                removed += 1
    if removed:
        logger.info("Removed %d orphaned files", removed)
    return removed


def document_models() -> list[type[StoredDocument]]:
    """The models whose rows name files, of every app: `StagedFile` first, because a file passes
    from it to another.

    Asked in that order, a file that changes owner in between is seen at least once.
    """
    stored = [model for model in apps.get_models() if issubclass(model, StoredDocument)]
    return sorted(stored, key=lambda model: model is not StagedFile)


def _named_by(model: type[StoredDocument], names: list[str]) -> set[str]:
    return set(model._default_manager.filter(file__in=names).values_list("file", flat=True))  # noqa: SLF001


def _write(storage: Storage, content: bytes) -> str:
    """The name under which the content is stored, once it would survive a power cut."""
    random_name = secrets.token_hex(16)
    name = f"{random_name[:2]}/{random_name}"
    try:
        name = storage.save(name, ContentFile(content))
        _flush(storage, name)
    except OSError:
        _take_away_what_was_cut_short(storage, name)
        raise
    return name


def _flush(storage: Storage, name: str) -> None:
    try:
        path = Path(storage.path(name))
    except NotImplementedError:  # a remote store: it has acknowledged, and durability is its own affair
        return
    # The bytes, the file's entry in its folder, the folder's entry in the root
    for flushed in (path, path.parent, path.parent.parent):
        descriptor = os.open(flushed, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _take_away_what_was_cut_short(storage: Storage, name: str) -> None:
    """A full disk keeps the part of a file that it took. A remote store keeps none, and is not
    waited for again.
    """
    with suppress(OSError, NotImplementedError):
        Path(storage.path(name)).unlink(missing_ok=True)


def _is_older(storage: Storage, name: str, moment: datetime) -> bool:
    try:
        return storage.get_modified_time(name) < moment
    except FileNotFoundError:  # a refused request has just taken its own file away
        return False


def _stored_names(storage: Storage) -> Iterator[str]:
    """Files of the kind written here; whatever else lies in the store is nobody's business."""
    with suppress(FileNotFoundError):
        for folder in filter(FOLDER.fullmatch, storage.listdir("")[0]):
            for file in storage.listdir(folder)[1]:
                if NAME.fullmatch(f"{folder}/{file}"):
                    yield f"{folder}/{file}"
