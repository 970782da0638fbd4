"""Parse `STORAGE_URL`, the S3-compatible store of documents. Imports nothing from Django."""

import re
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

EXAMPLE = "s3://clave:secreto@servidor/cubo?region=us-east-1"
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
REGION = re.compile(r"[a-z0-9-]{1,40}")


def parse_storage_url(raw: str) -> dict[str, Any]:
    """Return the entry of STORAGES for a store. Raises ValueError (in Spanish) for an invalid URL.

    Except on this machine, TLS is always used: each request carries a signature made with the keys
    and documents of customers.
    """
    try:
        url = urlsplit(raw)
        host, port = url.hostname or "", url.port
        options = parse_qs(url.query, strict_parsing=True) if url.query else {}
    except ValueError:
        raise _malformed() from None
    bucket, region = url.path.strip("/"), options.pop("region", ["us-east-1"])[-1]
    if url.scheme != "s3" or not (host and url.username and url.password) or options or url.fragment:
        raise _malformed()
    if not BUCKET.fullmatch(bucket) or not REGION.fullmatch(region):
        raise _malformed()
    address = f"[{host}]" if ":" in host else host
    return {
        "BACKEND": "attachments.s3.PrivateS3Storage",
        "OPTIONS": {
            "access_key": unquote(url.username),
            "secret_key": unquote(url.password),
            "bucket_name": bucket,
            "endpoint_url": f"{'http' if _is_loopback(host) else 'https'}://{address}{f':{port}' if port else ''}",
            "region_name": region,
        },
    }


def _malformed() -> ValueError:
    return ValueError(f"no es un almacén compatible con S3; se escribe así: {EXAMPLE}")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
