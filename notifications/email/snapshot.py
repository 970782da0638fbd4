"""Snapshots: everything that a mail's template shows, as JSON in the message's row.

A mail is rendered by the process that sends it, perhaps hours later. It reads nothing but its
snapshot: no other row and no setting, so that the delay changes nothing in the mail.
"""

import json
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.functional import Promise

from brand.operator import Brand

DATE = "__date__"  # a date is an object with this key only
BRAND_FIELDS = (
    "name",
    "colour",
    "ink",
    "support_phone",
    "support_hours",
    "support_email",
    "support_tel",
    "regulator_name",
    "regulator_url",
)


def freeze(context: dict[str, object]) -> str:
    """Return the snapshot of a template's context, with the brand, language and portal's address.

    Raises TypeError for values other than text, numbers, dates, dataclasses, lists and dicts, so
    that no row of the database gets into a snapshot by accident.
    """
    shared = {
        "language": settings.LANGUAGE_CODE,
        "portal_url": settings.PORTAL_BASE_URL,
        "brand": _brand(settings.BRAND),
    }
    return json.dumps({**shared, **context}, default=_plain, separators=(",", ":"))


def thaw(snapshot: str) -> dict[str, Any]:
    """Return the context that `freeze` was given, with dicts for its dataclasses.

    In snapshots of version 1 the brand's `embedded_logo` has the key `mail_mark`.
    """
    thawed: dict[str, Any] = json.loads(snapshot, object_hook=_value)
    brand = thawed["brand"]
    if "mail_mark" in brand:
        brand["embedded_logo"] = brand.pop("mail_mark")
    return thawed


def _plain(value: object) -> object:
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return {DATE: value.isoformat()}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} cannot be in a mail's snapshot")


def _value(found: dict[str, Any]) -> Any:
    return date.fromisoformat(found[DATE]) if DATE in found else found


@lru_cache(maxsize=4)
def _brand(brand: Brand) -> dict[str, object]:
    """Return what mails show of the brand, without the logo's file, which each mail embeds."""
    logo = brand.embedded_logo
    return {
        **{name: getattr(brand, name) for name in BRAND_FIELDS},
        "dark": {"fill": brand.dark.fill, "ink": brand.dark.ink},
        "embedded_logo": None if logo is None else {"is_own": logo.is_own},
    }
