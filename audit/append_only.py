"""Models whose rows are written once and never changed or deleted (R5.09)."""

from typing import Any, Never, TypeVar

from django.db import models

M_co = TypeVar("M_co", bound=models.Model, covariant=True)


class AppendOnlyError(RuntimeError):
    """Code tried to change or delete an append-only row: a programming error."""


class AppendOnlyQuerySet(models.QuerySet[M_co]):
    """A queryset that reads and inserts; updates and deletions raise AppendOnlyError."""

    def update(self, **_changes: Any) -> Never:
        raise AppendOnlyError(self.model.__name__)

    def bulk_update(self, *_args: Any, **_options: Any) -> Never:
        raise AppendOnlyError(self.model.__name__)

    def delete(self) -> Never:
        raise AppendOnlyError(self.model.__name__)


class AppendOnlyModel(models.Model):
    """A model whose rows can only be inserted.

    A subclass has to build its manager from `AppendOnlyQuerySet`.
    """

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError(type(self).__name__)
        # Given the primary key of an existing row, Django would otherwise update that row
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_options: Any) -> Never:
        raise AppendOnlyError(type(self).__name__)
