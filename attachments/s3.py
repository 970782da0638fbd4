"""Attachments in an S3-compatible store, through django-storages: private objects, short waits,
errors as OSError.

Needs the extra `s3`; imported only when `STORAGE_URL` names such a store.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile, File
from storages.backends.s3 import S3Storage

# Seconds. A visitor waits meanwhile: at worst two tries of this for a file, then the form says so
# and keeps the rest
CONNECT_TIMEOUT, READ_TIMEOUT, TRIES = 2, 8, 2


class PrivateS3Storage(S3Storage):  # type: ignore[misc]  # django-storages has no types
    """One bucket that nobody but this product reads: no public ACL, no addresses handed out."""

    def __init__(self, **options: Any) -> None:
        config = Config(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            retries={"total_max_attempts": TRIES, "mode": "standard"},
            signature_version="s3v4",
            s3={"addressing_style": "path"},  # a store of one's own has no name of its own for each bucket
        )
        private = {"default_acl": None, "querystring_auth": True, "file_overwrite": True}
        super().__init__(**private, **options, client_config=config)
        self._client: Any = None
        self._lock = Lock()

    @property
    def client(self) -> Any:
        """One for all threads, which boto3 allows of clients; making one takes a quarter of a
        second.
        """
        with self._lock:
            if self._client is None:
                self._client = self.connection.meta.client
            return self._client

    def url(self, name: str, *_: Any, **__: Any) -> str:
        """Documents have no address: staff get them through one door (R3.17)."""
        raise NotImplementedError(name)

    def _save(self, name: str, content: "File[bytes]") -> str:
        """The store compares what arrived with the checksum, and
        answers an error when they differ.
        """
        with as_oserror(name):
            self.client.put_object(
                Bucket=self.bucket_name,
                Key=name,
                Body=content.read(),
                ContentType="application/octet-stream",
                ChecksumAlgorithm="SHA256",
            )
        return name

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":  # noqa: ARG002  Django's signature
        """Read whole (2 MiB at most), so that what fails does so before a download has begun."""
        with as_oserror(name):
            content: bytes = self.client.get_object(Bucket=self.bucket_name, Key=name)["Body"].read()
        return ContentFile(content, name)

    def delete(self, name: str) -> None:
        with as_oserror(name):
            self.client.delete_object(Bucket=self.bucket_name, Key=name)

    def exists(self, name: str) -> bool:
        try:
            self.get_modified_time(name)
        except FileNotFoundError:
            return False
        return True

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        with as_oserror(path):
            folders, files = super().listdir(path)
        return folders, files

    def get_modified_time(self, name: str) -> datetime:
        with as_oserror(name):
            modified: datetime = self.client.head_object(Bucket=self.bucket_name, Key=name)["LastModified"]
        return modified


@contextmanager
def as_oserror(name: str) -> Iterator[None]:
    """What a disk would have raised, for whoever uses a store and does not ask which it is."""
    try:
        yield
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            raise FileNotFoundError(name) from error
        raise OSError(f"the store refused {name}: {error.response['Error']['Code']}") from error
    except (BotoCoreError, Boto3Error) as error:
        raise OSError(f"the store did not answer for {name}: {type(error).__name__}") from error
