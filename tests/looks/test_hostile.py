"""Markup in every text that a person typed, or an operator set, is shown as text (R5.12)."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest
from django.db import models
from django.forms import Form
from django.http import QueryDict
from django.template.backends import jinja2
from pytest_django import Settings

from notifications import message_types
from notifications.models import Message
from tests.looks.pages import contexts, draw

HOSTILE = "\"'><script>alert(1)</script>&amp;"
SHOWN = "&lt;script&gt;alert(1)&lt;/script&gt;"
# Values that the product's code writes or chooses, so that they cannot hold a person's text
NOT_TEXTS = {
    "csrf_input",
    "csrf_token",
    "portal_url",
    "logo_url",
    "url",
    "ended",
    "withheld",
    "colour",
    "logo",
}
MAILS = [each.name for each in message_types.message_types() if each.channel == Message.Channel.EMAIL]
Render = Callable[..., str]


def hostile(value: Any, name: str = "") -> Any:
    """Return the same value with markup in each of its texts."""
    if name in NOT_TEXTS:
        return value
    match value:
        case str():
            value = HOSTILE
        case dict():
            value = {key: hostile(each, str(key)) for key, each in value.items()}
        case list() | tuple():
            value = [hostile(each, name) for each in value]
        case models.Model():
            value = _model(value)
        case Form():
            value = _form(value)
        case _ if dataclasses.is_dataclass(value):
            value = _dataclass(value)
    return value


def _dataclass(value: Any) -> Any:
    found = {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.init}
    texts = {name: hostile(each, name) for name, each in found.items() if isinstance(each, str | list)}
    return dataclasses.replace(value, **texts)


def _model(value: models.Model) -> models.Model:
    for field in value._meta.concrete_fields:
        if isinstance(field, models.CharField | models.TextField) and not field.choices:
            setattr(value, field.attname, HOSTILE)
        elif isinstance(field, models.ForeignKey) and field.is_cached(value):
            hostile(getattr(value, field.name))
    return value


def _form(form: Form) -> Form:
    if form.is_bound:
        form.data = QueryDict(mutable=True)
        form.data.update(dict.fromkeys(form.fields, HOSTILE))
    form.initial = dict.fromkeys(form.fields, HOSTILE)
    return form


@pytest.fixture
def rendered(settings: Settings) -> Iterator[dict[str, str]]:
    """Render pages and mails with markup in every text of their contexts; return the results."""
    settings.BRAND = hostile(settings.BRAND)
    shown: dict[str, str] = {}
    render: Render = jinja2.Template.render

    def poisoned(template: jinja2.Template, context: dict[str, Any], request: Any = None) -> str:
        name = template.template.name or ""
        shown[name] = render(
            template, context if name.startswith("components/") else hostile(context), request
        )
        return shown[name]

    with mock.patch.object(jinja2.Template, "render", poisoned):
        yield shown


@pytest.mark.parametrize("case", contexts())
def test_a_page_shows_markup_as_text(case: str, rendered: dict[str, str]) -> None:
    page = draw(case)
    assert "<script>" not in page
    assert SHOWN in page


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_shows_markup_as_text(name: str, rendered: dict[str, str]) -> None:
    found = message_types.message_type(name)
    assert found
    parts = found.preview()
    assert "<script>" not in parts.html
    assert SHOWN in parts.html
    assert "<script>" in parts.text
    assert "&lt;" not in parts.subject + parts.text
