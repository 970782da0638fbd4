"""Every `{% url "name" %}` and `{{ url("name") }}` names an address that exists.

`{% url "name" as variable %}` renders nothing for an unknown name, so a rename would leave a page
with dead buttons and no error.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.urls import URLResolver, get_resolver

from demo import urls as demo_urls
from tests.conformance.project import BASE

URL_TAG = re.compile(r"""(?:{%\s*url\s+|\burl\()["']([^"']+)["']""")


def templates() -> Iterator[Path]:
    for folder in (BASE / "templates", BASE / "desk" / "templates"):
        yield from folder.rglob("*")


def names(patterns: list[Any], namespace: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from names(pattern.url_patterns, inner)
        elif pattern.name:
            yield f"{namespace}{pattern.name}"


def test_every_url_name_in_a_template_exists() -> None:
    # The demo's addresses exist in the demo only
    known = {*names(get_resolver().url_patterns), *names(demo_urls.urlpatterns, "demo:")}
    files = [path for path in templates() if path.suffix in {".html", ".txt"}]
    used = {(path.name, name) for path in files for name in URL_TAG.findall(path.read_text("utf-8"))}
    assert len(used) > 60
    assert sorted((file, name) for file, name in used if name not in known) == []
