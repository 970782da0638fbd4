"""A filter in a list's address that the database cannot answer is refused with a page (S7)."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.urls import reverse

from desk.lists import REFUSED_LOOKUPS, ModelAdmin
from tests import cast
from tests.desk.desk import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

BEYOND_64_BITS = "9" * 30
LISTED: list[type[models.Model]] = sorted(admin.site._registry, key=str)
LISTS = pytest.mark.parametrize("model", LISTED)


def numbers(model: type[models.Model]) -> Iterator[str]:
    """Yield each parameter of a list that is read as a number."""
    for field in model._meta.get_fields():
        if field.is_relation and field.related_model:
            yield from (field.name, f"{field.name}__exact", f"{field.name}__in", f"{field.name}__gte")
        elif isinstance(field, models.IntegerField):
            yield from (field.name, f"{field.name}__in", f"{field.name}__gte")
        elif isinstance(field, models.DateField):
            yield from (f"{field.name}__year", f"{field.name}__year__gte")


def address(model: type[models.Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


@pytest.fixture
def client() -> Client:
    cast.make_ticket(cast.ana())
    return signed_in(User.objects.create_superuser("root"))


def refused(response: Any) -> bool:
    """Return whether the answer is an empty list, Django's notice, or a page about the error."""
    to_the_notice = response.status_code == 302 and response["Location"].endswith("?e=1")
    return response.status_code in {200, 400} or to_the_notice


@LISTS
def test_s7_a_number_over_64_bits_is_refused_at_every_list(client: Client, model: type[models.Model]) -> None:
    for name in numbers(model):
        assert refused(client.get(address(model), {name: BEYOND_64_BITS})), name


@LISTS
def test_s7_a_lookup_that_fails_in_the_database_is_refused_at_every_list(
    client: Client, model: type[models.Model]
) -> None:
    shown_whole = model.__name__ == "Heartbeat"  # its list is the page *Operación*, which has no filters
    for field in (model._meta.concrete_fields[0], model._meta.concrete_fields[-1]):
        for lookup in REFUSED_LOOKUPS:
            status = client.get(address(model), {f"{field.name}__{lookup}": "("}).status_code
            assert status == (200 if shown_whole else 400), (field.name, lookup)


def test_s7_every_admin_class_of_the_desk_has_the_base_that_refuses_them() -> None:
    others = [page for page in admin.site._registry.values() if not isinstance(page, ModelAdmin)]
    assert others == []


def test_a_large_list_has_200_pages_and_later_ones_are_refused(client: Client) -> None:
    tickets = reverse("admin:tickets_ticket_changelist")
    assert client.get(tickets, {"p": 200}).status_code == 200
    refusal = client.get(tickets, {"p": 201})
    assert refusal.status_code == 302
    assert refusal["Location"].endswith("?e=1")
