from collections.abc import Callable, Mapping
from typing import Any, TypeVar

_F = TypeVar("_F", bound=Callable[..., Any])

def display(
    *,
    boolean: bool | None = ...,
    ordering: str | None = ...,
    description: object = ...,
    empty_value: str | None = ...,
    label: bool | str | Mapping[Any, str] | None = ...,
) -> Callable[[_F], _F]: ...
