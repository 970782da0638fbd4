"""Rows that tell what happened: written once, never changed (R5.09)."""

from typing import Any, Never, TypeVar

from django.db import models

M_co = TypeVar("M_co", bound=models.Model, covariant=True)


class AppendOnlyError(RuntimeError):
    """History was about to be rewritten: a mistake of the program, never of a person."""


class AppendOnlyQuerySet(models.QuerySet[M_co]):
    """Adds and reads."""

    def update(self, **_changes: Any) -> Never:
        raise AppendOnlyError(self.model.__name__)

    def bulk_update(self, *_args: Any, **_options: Any) -> Never:
        raise AppendOnlyError(self.model.__name__)

    def delete(self) -> Never:
        raise AppendOnlyError(self.model.__name__)


class AppendOnlyModel(models.Model):
    """A model whose rows can be added; its manager is made of an `AppendOnlyQuerySet`."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError(type(self).__name__)
        # With the key of an existing row, Django would otherwise change that row
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_options: Any) -> Never:
        raise AppendOnlyError(type(self).__name__)
