"""Plain Python at the boundary: what programs pass in, as the values that a spec holds."""

from collections.abc import Callable, Mapping, Set
from enum import Enum
from operator import index
from typing import Any

from seqspec.shapes.dims import Dim

_PLAIN = frozenset({str, int, float, bool, type(None)})
_MAX_DEPTH = 200

_Convert = Callable[[Any], Any] | None
_Made = dict[int, tuple[Any, Any]]


def plain_tree(tree: Mapping[str, object], convert: _Convert = None) -> dict[str, object]:
    """The values of a table, with NumPy scalars and arrays, tuples, sets and enums as numbers and lists.

    Layers, objects and tables become what `convert` makes of them, or stay as they are without it. So does what is
    nested deeper than a spec may be, for the check of the limits to report.
    """
    made: _Made = {}
    return {key: value if type(value) in _PLAIN else _plain(value, convert, made, 1) for key, value in tree.items()}


def long_form(value: Any) -> object:
    """A layer, object or table as a table of a spec."""
    return value.to_tree()


def _plain(value: Any, convert: _Convert, made: _Made, depth: int) -> Any:
    kind = type(value)
    if kind in _PLAIN or depth > _MAX_DEPTH:
        return value
    if kind is not dict and kind is not list:
        if hasattr(value, "to_tree"):
            converted = value if convert is None else convert(value)
            return value if converted is value else _plain(converted, convert, made, depth)
        if not isinstance(value, (Mapping, list, tuple)) or hasattr(value, "dims"):
            return _plain_single(value, convert, made, depth)
    known = made.get(id(value))
    if known is not None:
        # A table that is used many times is converted once; while it is known, no other has its id.
        return known[1]
    entry: Any
    if kind is dict or isinstance(value, Mapping):
        entry = {}
        made[id(value)] = value, entry
        for key, item in value.items():
            entry[key] = item if type(item) in _PLAIN else _plain(item, convert, made, depth + 1)
    else:
        entry = []
        made[id(value)] = value, entry
        for item in value:
            entry.append(item if type(item) in _PLAIN else _plain(item, convert, made, depth + 1))
    return entry


def _plain_single(value: object, convert: _Convert, made: _Made, depth: int) -> object:
    """What is neither a table nor a list."""
    if isinstance(value, Enum):
        return _plain(value.value, convert, made, depth + 1)
    if isinstance(value, Set):
        return [_plain(item, convert, made, depth + 1) for item in sorted(value)]
    if isinstance(value, (str, int, float)):
        return value.__class__.__mro__[-2](value) if type(value).__mro__[-2] in _PLAIN else value
    return _plain_array(value)


def _plain_array(value: object) -> object:
    """What NumPy and other array libraries hold, by the protocols of Python."""
    module = type(value).__module__.partition(".")[0]
    if module == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "__index__") and not isinstance(value, type):
        return index(value)
    return value


def tree_of(value: object) -> Any:
    """A validated value as a spec holds it: objects as tables, tuples as lists, None as `"none"`, sizes by name."""
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
