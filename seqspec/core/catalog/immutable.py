"""Immutable lists and tables inside frozen objects.

Only objects that programs keep (`Spec`, and layers created in Python) are frozen at every depth; what a check reads
from a document is discarded after it. They are serialized as plain lists and tables.
"""

from collections.abc import Mapping
from typing import Any, NoReturn

from pydantic import BaseModel


def _refuse(self: object, *args: object, **kwargs: object) -> NoReturn:
    raise TypeError("specs are frozen: make a changed copy with model_copy(update=...)")


class FrozenList(list[object]):
    """An immutable list."""

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = extend = insert = pop = remove = clear = sort = reverse = _refuse

    def __hash__(self) -> int:  # type: ignore[override]  # list and dict say None
        return hash(tuple(self))

    def __reduce__(self) -> tuple[object, ...]:
        return FrozenList, (list(self),)


class FrozenDict(dict[object, object]):
    """An immutable table."""

    __setitem__ = __delitem__ = __ior__ = _refuse
    update = setdefault = pop = popitem = clear = _refuse

    def __hash__(self) -> int:  # type: ignore[override]  # list and dict say None
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[object, ...]:
        return FrozenDict, (dict(self),)


def freeze(value: Any) -> Any:
    """The value with immutable lists and tables; Pydantic models are modified in place."""
    if isinstance(value, BaseModel):
        fields = value.__dict__
        for name, item in fields.items():
            fields[name] = freeze(item)
        return value
    if isinstance(value, tuple) and type(value) is tuple:
        return tuple(map(freeze, value))
    if isinstance(value, list):
        return value if type(value) is FrozenList else FrozenList(map(freeze, value))
    if isinstance(value, Mapping):
        return value if type(value) is FrozenDict else FrozenDict({key: freeze(item) for key, item in value.items()})
    return value
