"""Converts Python values from programs to the plain values of a spec, and makes values immutable."""

from collections.abc import Callable, Mapping, Set
from enum import Enum
from operator import index
from typing import Any, NoReturn, Protocol, TypeVar, overload

from pydantic import BaseModel

from seqspec.core.shapes.tensor import Dim

_PLAIN = frozenset({str, int, float, bool, type(None)})
_MAX_DEPTH = 200


class _HasTree(Protocol):
    """A layer, an object or a table."""

    def to_tree(self) -> object: ...


_Convert = Callable[[_HasTree], object] | None
_Model = TypeVar("_Model", bound=BaseModel)
_Memo = dict[int, tuple[object, object]]


def to_plain(tree: Mapping[str, object], convert: _Convert = None) -> dict[str, object]:
    """The values of a table, with NumPy scalars and arrays, tuples, sets and enums as numbers and lists.

    Layers, objects and tables are converted by `convert`, or unchanged without it. Values beyond the nesting limit are
    unchanged too; the check of the limits reports them.
    """
    memo: _Memo = {}
    return {key: value if type(value) in _PLAIN else _plain(value, convert, memo, 1) for key, value in tree.items()}


def table_form(value: _HasTree) -> object:
    """The long form of a layer, object or table."""
    return value.to_tree()


def _plain(value: Any, convert: _Convert, memo: _Memo, depth: int) -> object:
    kind = type(value)
    if kind in _PLAIN or depth > _MAX_DEPTH:
        return value
    if kind is dict or kind is list:
        if _PLAIN.issuperset(map(type, value.values() if kind is dict else value)):
            return value.copy()
    elif hasattr(value, "to_tree"):
        converted = value if convert is None else convert(value)
        return value if converted is value else _plain(converted, convert, memo, depth)
    elif not isinstance(value, (Mapping, list, tuple)) or hasattr(value, "dims"):
        return _plain_scalar(value, convert, memo, depth)
    cached = memo.get(id(value))
    if cached is not None:
        # A shared table of tables is converted once; it is kept alive, so that its id is not reused.
        return cached[1]
    if kind is dict or (kind is not list and isinstance(value, Mapping)):
        table: dict[object, object] = {}
        memo[id(value)] = value, table
        for key, item in value.items():
            table[key] = item if type(item) in _PLAIN else _plain(item, convert, memo, depth + 1)
        return table
    entries: list[object] = []
    memo[id(value)] = value, entries
    for item in value:
        entries.append(item if type(item) in _PLAIN else _plain(item, convert, memo, depth + 1))
    return entries


def _plain_scalar(value: object, convert: _Convert, memo: _Memo, depth: int) -> object:
    """Converts a value that is neither a table nor a list."""
    if isinstance(value, Enum):
        return _plain(value.value, convert, memo, depth + 1)
    if isinstance(value, Set):
        return [_plain(item, convert, memo, depth + 1) for item in sorted(value)]
    if isinstance(value, (str, int, float)):
        return value.__class__.__mro__[-2](value) if type(value).__mro__[-2] in _PLAIN else value
    return _plain_array(value)


def _plain_array(value: object) -> object:
    """Converts arrays and scalars of NumPy and similar libraries by duck typing."""
    module = type(value).__module__.partition(".")[0]
    if module == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "__index__") and not isinstance(value, type):
        return index(value)
    return value


def tree_of(value: object) -> Any:
    """A validated value as plain data: objects as tables, tuples as lists, None as `"none"`, unknown sizes by name."""
    if type(value) in _PLAIN:
        return "none" if value is None else value
    if hasattr(value, "to_tree"):
        return value.to_tree()
    if isinstance(value, Dim):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [tree_of(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): tree_of(item) for key, item in value.items()}
    return value


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


@overload
def freeze(value: _Model) -> _Model: ...
@overload
def freeze(value: object) -> object: ...
def freeze(value: object) -> object:
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
        return (
            value if isinstance(value, FrozenDict) else FrozenDict({key: freeze(item) for key, item in value.items()})
        )
    return value
