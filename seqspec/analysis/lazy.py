"""Attributes that are worked out when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from operator import attrgetter
from typing import Any, Generic, Self, TypeVar, overload

T = TypeVar("T")


class lazy(Generic[T]):
    """As `functools.cached_property`, without the lock that Python 3.11 takes for each: a check asks for a hundred."""

    def __init__(self, function: Callable[[Any], T]) -> None:
        self.function = function
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> Self | T:
        if instance is None:
            return self
        value = instance.__dict__[self.name] = self.function(instance)
        return value


def worked_out(where: str, *parts: str) -> lazy[Any]:
    """An attribute that a function of another module works out; it is imported when it is first needed.

    Args:
        where: `"module:function"`, the module within `seqspec.analysis`.
        parts: The attributes that the function takes; it takes the object itself where there are none.
    """

    def first(instance: Any) -> Any:
        module, _, name = where.partition(":")
        function = getattr(import_module(f"seqspec.analysis.{module}"), name)
        if parts:
            take = attrgetter(*parts)
            found.function = (lambda one: function(*take(one))) if len(parts) > 1 else lambda one: function(take(one))
        else:
            found.function = function
        return found.function(instance)

    found: lazy[Any] = lazy(first)
    return found
