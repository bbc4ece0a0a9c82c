"""Operators on known values, within bounds; a formula where an operand is unknown."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from typing import Any

from seqspec.programs.values import array_values
from seqspec.programs.values.abstract_values import (
    Array,
    BaseModelLayers,
    Class,
    Dict,
    Either,
    FunctionValue,
    Instance,
    KerasCall,
    List,
    Method,
    ModelValue,
    Unknown,
    UnknownLayer,
    is_index,
    is_integer,
    known_items,
)

_MAX_BITS = 512
_MAX_LENGTH = 1000
_WIDE = re.compile(r"%[^a-zA-Z%]*(\d{4,}|\*)")
OPERATORS: dict[type[ast.operator], Callable[[object, object], object]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], object]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def truth_value(value: object) -> bool | None:
    """Whether a condition is true; None if unknown."""
    if value is None or isinstance(value, (bool, int, float, str, tuple, range)):
        return bool(value)
    if isinstance(value, (List, Dict)):
        return None if value.unknown is not None else bool(value.items)
    if isinstance(value, (KerasCall, ModelValue, FunctionValue, Class, Method, Instance)):
        return True
    if isinstance(value, Unknown) and value.choices:
        known = {truth_value(choice) for choice in value.choices}
        return known.pop() if len(known) == 1 else None
    return None


def binary(op: ast.operator, left: object, right: object, node: ast.AST) -> object:
    """`left op right`, neither of them a tensor."""
    left, right = (array_values.as_array(side, node) for side in (left, right))
    if isinstance(left, Array) or isinstance(right, Array):
        return array_values.arithmetic(op, left, right, node)
    try:
        if isinstance(left, (int, float)) and isinstance(right, (int, float)):
            return _calculate(op, left, right, node)
        if isinstance(op, ast.Add) and not is_index(left) and not is_index(right):
            return _concatenate(left, right, node)
        if isinstance(op, ast.Mult):
            if isinstance(right, (List, tuple, str)):
                left, right = right, left
            if is_integer(right) and isinstance(left, (List, tuple, str)):
                return _repeat(left, right, node)
        if isinstance(op, ast.Mod) and isinstance(left, str) and not _WIDE.search(left):
            items = right if isinstance(right, tuple) else (right,)
            if all(isinstance(item, (str, int, float)) for item in items):
                text = left % items
                return text if len(text) <= _MAX_LENGTH else Unknown(node)
    except (ArithmeticError, TypeError, ValueError, MemoryError):
        pass
    # Python calculates with no None, so that the program sets another value elsewhere.
    left, right = (Unknown(node) if side is None else side for side in (left, right))
    if all(isinstance(side, (int, float, Unknown)) for side in (left, right)):
        return Unknown(node, formula=(op, left, right))
    return Unknown(node)


def _calculate(op: ast.operator, left: object, right: object, node: ast.AST) -> object:
    function = OPERATORS.get(type(op))
    if function is None:
        return Unknown(node)
    if isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length()
        if isinstance(op, ast.Pow) and (bits * max(right, 0) > _MAX_BITS):
            return Unknown(node)
        if isinstance(op, ast.LShift) and bits + right > _MAX_BITS:
            return Unknown(node)
        if bits + right.bit_length() > 2 * _MAX_BITS:
            return Unknown(node)
    result = function(left, right)
    return result if isinstance(result, (int, float)) else Unknown(node)


def _concatenate(left: object, right: object, node: ast.AST) -> object:
    if isinstance(left, str) and isinstance(right, str):
        return left + right if len(left) + len(right) <= 10 * _MAX_LENGTH else Unknown(node)
    if isinstance(left, tuple) and isinstance(right, tuple):
        return left + right if len(left) + len(right) <= _MAX_LENGTH else Unknown(node)
    if isinstance(left, List) and isinstance(right, List) and left.unknown is None and right.unknown is None:
        whole = left.items + right.items
        return List(whole) if len(whole) <= _MAX_LENGTH else Unknown(node)
    return Unknown(node)


def _repeat(value: List | tuple[object, ...] | str, times: int, node: ast.AST) -> object:
    size = len(value.items if isinstance(value, List) else value)
    if size * max(times, 0) > _MAX_LENGTH or (isinstance(value, List) and value.unknown is not None):
        return Unknown(node)
    return List(value.items * times) if isinstance(value, List) else value * times


def compare(op: ast.cmpop, left: object, right: object) -> bool | None:
    """The result of a comparison; None if unknown."""
    if isinstance(op, (ast.Is, ast.IsNot)) or (isinstance(op, (ast.Eq, ast.NotEq)) and (left is None or right is None)):
        same = _is_same(left, right)
        return same if same is None or isinstance(op, (ast.Is, ast.Eq)) else not same
    if isinstance(op, (ast.In, ast.NotIn)):
        contained = _contains(right, left)
        return contained if contained is None or isinstance(op, ast.In) else not contained
    try:
        left, right = _comparable(left), _comparable(right)
        if left is None or right is None:
            return None
        return bool(_COMPARISONS[type(op)](left[0], right[0]))
    except (TypeError, KeyError, RecursionError):
        return None


def _comparable(value: object) -> tuple[object] | None:
    """A comparable value in a tuple of one; None if a part is unknown."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return (value,)
    if isinstance(value, tuple) or (isinstance(value, List) and value.unknown is None):
        items = [_comparable(item) for item in (value if isinstance(value, tuple) else value.items)]
        if any(item is None for item in items):
            return None
        flat = [item[0] for item in items if item is not None]
        return (tuple(flat),) if isinstance(value, tuple) else (flat,)
    return None


def _is_same(left: object, right: object) -> bool | None:
    for value in (left, right):
        if isinstance(value, Either) or (isinstance(value, Unknown) and (not value.choices or None in value.choices)):
            return None
    if left is None or right is None:
        return left is right
    if isinstance(left, bool) and isinstance(right, bool):
        return left is right
    return True if left is right else None


def _contains(container: object, value: object) -> bool | None:
    if isinstance(container, Dict):
        if container.unknown is not None or not isinstance(value, (str, int, float)):
            return None
        return value in container.items
    if isinstance(container, str):
        return value in container if isinstance(value, str) else None
    try:
        plain, wanted = _comparable(container), _comparable(value)
    except RecursionError:
        return None
    if plain is None or wanted is None or not isinstance(plain[0], (list, tuple)):
        return None
    return wanted[0] in plain[0]


def take_slice(value: object, part: slice, node: ast.AST) -> object:
    """`value[a:b:c]`."""
    if isinstance(value, (str, tuple)):
        return value[part] if part.step != 0 else Unknown(node)
    if isinstance(value, List) and value.unknown is None and part.step != 0:
        return List(value.items[part])
    if isinstance(value, Array):
        return array_values.take_slice(value, part, node)
    if isinstance(value, BaseModelLayers):
        ends = part.step is None and not value.part and (part.start is None) != (part.stop is None)
        # `[-20:]` and `[:100]`; a positive start may be beyond the last layer.
        has_layers = (is_integer(part.start) and part.start < 0) or (is_integer(part.stop) and part.stop != 0)
        return BaseModelLayers(value.owners, part=True, has_layers=ends and has_layers)
    return Unknown(node)


def item(value: object, key: object, node: ast.AST) -> object:
    """`value[key]`."""
    if isinstance(value, Array):
        return array_values.item(value, key, node)
    if isinstance(value, BaseModelLayers):
        return UnknownLayer(node, value.owners[0] if len(value.owners) == 1 else None)
    if isinstance(value, Unknown) and isinstance(key, str) and isinstance(value.columns.get(key), Array):
        return value.columns[key]
    if isinstance(value, Dict):
        if value.unknown is None and isinstance(key, (str, int, float, bool)) and key in value.items:
            return value.items[key]
        return Unknown(node)
    items = known_items(value)
    if isinstance(items, (tuple, str)) and is_integer(key) and -len(items) <= key < len(items):
        return items[key]
    return Unknown(node)
