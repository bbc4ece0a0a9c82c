"""Plain Python at the boundary: what programs pass in, as the values that a spec holds."""

from collections.abc import Mapping, Set
from enum import Enum
from operator import index
from typing import Any

from seqspec.shapes.dims import Dim

_PLAIN = frozenset({str, int, float, bool, type(None)})


def plain(value: Any) -> Any:
    """The value with NumPy scalars and arrays, tuples, sets and enums as numbers and lists; anything else unchanged."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, (list, tuple)) and not hasattr(value, "dims"):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, Set):
        return [plain(item) for item in sorted(value)]
    if isinstance(value, (str, int, float)):
        return value.__class__.__mro__[-2](value) if type(value).__mro__[-2] in _PLAIN else value
    return _plain_array(value)


def plain_tree(tree: Mapping[str, Any]) -> dict[str, Any]:
    """A spec as plain data: layers and objects that programs put into it become tables.

    What is nested deeper than a spec may be stays as it is, for the check of the limits to report.
    """
    made: dict[int, Any] = {}
    return {key: _plain_entry(value, made, 0) for key, value in tree.items()}


_MAX_DEPTH = 200


def _plain_entry(value: Any, made: dict[int, Any], depth: int) -> Any:
    kind = type(value)
    if kind in _PLAIN or depth > _MAX_DEPTH:
        return value
    if kind is not dict and kind is not list and hasattr(value, "to_tree"):
        return value.to_tree()
    known = made.get(id(value))
    if known is not None:
        # A table that is used many times is converted once.
        return known
    entry: Any
    if kind is dict or isinstance(value, Mapping):
        made[id(value)] = entry = {}
        entry |= {key: _plain_entry(item, made, depth + 1) for key, item in value.items()}
        return entry
    if isinstance(value, (list, tuple)) and not hasattr(value, "dims"):
        made[id(value)] = entry = []
        entry += [_plain_entry(item, made, depth + 1) for item in value]
        return entry
    return plain(value)


def _plain_array(value: Any) -> Any:
    """What NumPy and other array libraries hold, by the protocols of Python."""
    module = type(value).__module__.partition(".")[0]
    if module == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "__index__") and not isinstance(value, type):
        return index(value)
    return value


def tree_of(value: Any) -> Any:
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
