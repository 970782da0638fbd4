"""Keep documents in an S3-compatible store, through django-storages.

Objects are private, timeouts short, and errors are OSError as on a disk. It needs the extra `s3`
and is imported only when `STORAGE_URL` is set.
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

# Seconds, and attempts per file. A visitor waits for them; when all fail, the form says so and
# keeps what was typed
CONNECT_TIMEOUT, READ_TIMEOUT, TRIES = 2, 8, 2


class PrivateS3Storage(S3Storage):  # type: ignore[misc]  # django-storages has no types
    """A bucket that only this product reads: no public ACL and no URLs."""

    def __init__(self, **options: Any) -> None:
        config = Config(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            retries={"total_max_attempts": TRIES, "mode": "standard"},
            signature_version="s3v4",
            s3={"addressing_style": "path"},  # self-hosted stores have no host name per bucket
        )
        private = {"default_acl": None, "querystring_auth": True, "file_overwrite": True}
        super().__init__(**private, **options, client_config=config)
        self._client: Any = None
        self._lock = Lock()

    @property
    def client(self) -> Any:
        """One client for all threads, as boto3 allows; creating one takes a quarter of a second."""
        with self._lock:
            if self._client is None:
                self._client = self.connection.meta.client
            return self._client

    def url(self, name: str, *_: Any, **__: Any) -> str:
        """Documents have no URL: staff download them through one checked view (R3.17)."""
        raise NotImplementedError(name)

    def _save(self, name: str, content: "File[bytes]") -> str:
        """Save with a checksum: the store compares it with the data and refuses a mismatch."""
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
        """Read the whole object (at most 2 MiB): an error then comes before the download starts."""
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
    """Raise OSError in place of the store's errors, as a disk would."""
    try:
        yield
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            raise FileNotFoundError(name) from error
        raise OSError(f"the store refused {name}: {error.response['Error']['Code']}") from error
    except (BotoCoreError, Boto3Error) as error:
        raise OSError(f"the store did not answer for {name}: {type(error).__name__}") from error
