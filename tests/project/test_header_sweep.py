"""R7.07: compares the status and headers of every address with a committed table, for each method
and kind of visitor.

A new page or a changed header shows as a difference. The failure says how to accept the new table,
once every line of the difference is intended.
"""

import difflib
import hashlib
import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client

from tests import cast
from tests.conformance.project import addresses
from tests.desk.desk import advisor, signed_in, supervisor
from tests.tickets.portal_client import visitor

pytestmark = pytest.mark.thorough

TABLE = Path(__file__).with_name("header_sweep.txt")
METHODS = ("GET", "HEAD", "POST", "PUT")
# Their values change with each response, so only their presence is compared
VARYING = {"Content-Length", "ETag", "Expires", "Last-Modified", "X-Request-ID"}


def paths(number: int, pk: int) -> Iterator[tuple[str, str]]:
    """Yield each address as the table names it, and as it is requested."""
    samples = {"<int:number>": str(number), "<str:provider>": "twilio", "<pk>": str(pk)}
    patterns = ["/" + path for path, _ in addresses()]
    patterns += [
        "/static/css/portal.css",
        "/nothing-here/",
        "/admin/",
        "/admin/nothing-here/",
        "/admin/jsi18n/",
    ]
    patterns += [f"/admin/{name}/" for name in ("login", "logout", "password_change", "search")]
    for model in admin.site._registry:
        below = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        patterns += [below, f"{below}add/"]
    patterns.append("/admin/tickets/ticket/<pk>/change/")
    for pattern in sorted(set(patterns)):
        path = pattern
        for name, value in samples.items():
            path = path.replace(name, value)
        yield pattern, path


def answer(client: Client, method: str, path: str) -> tuple[int, str]:
    """Return status and headers of a request, and roll back what it did."""
    cookies = SimpleCookie(client.cookies)  # copy() would return a plain dict
    with transaction.atomic():
        response: Any = client.generic(method, path)
        transaction.set_rollback(True)
    if response.streaming:
        list(response)  # reading a file to its end closes it
    names = sorted(set(client.cookies) - set(cookies))
    client.cookies = cookies
    headers = {name: "…" if name in VARYING else in_order(value) for name, value in response.headers.items()}
    headers.pop("Location", None)  # contains keys of sessions and drafts
    lines = [f"    {name}: {value}" for name, value in sorted(headers.items())]
    return response.status_code, "\n".join([*lines, *(f"    Set-Cookie: {name}" for name in names)])


def in_order(value: str) -> str:
    """Sort the parts of a policy or a list, whose order does not matter."""
    for separator in ("; ", ", "):
        value = separator.join(sorted(value.split(separator)))
    return value


def sweep() -> str:
    """Build the table: rows of statuses with the names of header sets, then the header sets."""
    administrator = cast.ana()
    ticket = cast.make_ticket(administrator)
    kinds = {
        "stranger": Client(raise_request_exception=False),
        "customer": visitor(administrator, raise_request_exception=False),
        "advisor": signed_in(advisor(), raise_request_exception=False),
        "supervisor": signed_in(supervisor(), raise_request_exception=False),
    }
    header_sets: dict[str, str] = {}
    rows = [f"{'':52}{''.join(f'{kind:>12}' for kind in kinds)}"]
    for pattern, path in paths(ticket.number, ticket.pk):
        for method in METHODS:
            cells = []
            for client in kinds.values():
                status, headers = answer(client, method, path)
                name = hashlib.sha256(headers.encode()).hexdigest()[:4]
                header_sets[name] = headers
                cells.append(f"{status} {name}")
            rows.append(f"{method:<5}{pattern:<47}{''.join(f'{cell:>12}' for cell in cells)}")
    described = [
        f"{name}\n{headers}" for name, headers in sorted(header_sets.items(), key=lambda item: item[1])
    ]
    return "\n".join([*rows, "", *described, ""])


@pytest.mark.django_db
def test_r7_07_every_answer_is_the_one_of_the_table(tmp_path: Path) -> None:
    actual = sweep()
    committed = TABLE.read_text(encoding="utf-8")
    (tmp_path / TABLE.name).write_text(actual, encoding="utf-8")
    changes = difflib.unified_diff(
        committed.splitlines(), actual.splitlines(), "the table", "now", lineterm="", n=0
    )
    accept = f"If all of it is intended: cp {tmp_path / TABLE.name} {TABLE}"
    assert committed == actual, "\n".join([*changes, accept])


def test_r7_07_the_table_holds_no_error_of_ours_and_no_answer_without_its_headers() -> None:
    rows, _, described = TABLE.read_text(encoding="utf-8").partition("\n\n")
    assert " 500 " not in rows
    header_sets = [
        part for part in re.split(r"^(?=[0-9a-f]{4}$)", described, flags=re.MULTILINE) if part.strip()
    ]
    assert len(header_sets) > 5
    for headers in header_sets:
        for name in (
            "Content-Security-Policy",
            "Cross-Origin-Opener-Policy",
            "Cross-Origin-Resource-Policy",
            "Permissions-Policy",
            "Referrer-Policy",
            "X-Content-Type-Options",
            "X-Request-ID",
        ):
            assert f"    {name}: " in headers, headers
