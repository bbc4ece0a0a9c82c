"""Arrays of samples and labels: their shape, range and encoding, as far as a program determines them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from math import exp, expm1, log, log1p, prod, sqrt, tanh

from seqspec.programs.values.abstract_values import (
    Array,
    BuiltinMethod,
    Call,
    KerasCall,
    List,
    Ref,
    SliceWindow,
    Unknown,
    are_integers,
    are_strings,
    is_index,
    is_integer,
    known_items,
)

_COPYING_METHODS = ("copy", "to_numpy", "numpy", "toarray", "todense", "tolist")
"""Methods that return an equal array."""

_SAMPLING_METHODS = ("dropna", "sample")
"""Methods that return a subset of the samples."""


def common_array(items: object) -> Array | None:
    """What arrays of one shape have in common; None for other values."""
    if not isinstance(items, tuple) or not items or not all(isinstance(array, Array) for array in items):
        return None
    shapes = {None if array.shape is None else tuple(map(_size_text, array.shape)) for array in items}
    if len(shapes) > 1 or None in shapes:
        return None
    first, ranges = items[0], [array.range for array in items if array.range is not None]
    bounds = (min(low for low, _ in ranges), max(high for _, high in ranges)) if len(ranges) == len(items) else None
    return Array(first.shape, first.dtype, bounds, node=first.node)


def _size_text(size: object) -> object:
    return size.text if isinstance(size, Unknown) else size


def dtype_name(value: object) -> str | None:
    """The name of a dtype that is a string, or an imported name such as `tf.float32`; None for another value."""
    name = value.name if isinstance(value, Ref) else value
    return name if isinstance(name, str) else None


def as_array(value: object, node: ast.AST) -> object:
    """The array of a `range`, as which `np.arange` of integers is evaluated; any other value unchanged."""
    if not isinstance(value, range) or not value:
        return value
    return Array((len(value),), "int64", (min(value[0], value[-1]), max(value[0], value[-1])), node=node)


def attribute(value: Array, name: str, node: ast.expr) -> object:
    """An attribute of an array."""
    if name == "shape":
        return value.shape if value.shape is not None else Unknown(node)
    if name == "ndim" and value.shape is not None:
        return len(value.shape)
    if name == "T":
        return value.replace_fields(shape=value.shape[::-1] if value.shape is not None else None)
    if name == "values":
        return value
    if name in ("dtype", "size", "nbytes", "iloc", "loc", "columns"):
        return Unknown(node)
    return BuiltinMethod(value, name)


def arithmetic(op: ast.operator, left: object, right: object, node: ast.AST) -> object:
    """An operator with an array on either side."""
    value, other = (left, right) if isinstance(left, Array) else (right, left)
    if not isinstance(value, Array):
        return Unknown(node)
    number = other if isinstance(other, (int, float)) and not isinstance(other, bool) else None
    shape = value.shape if _keeps_shape(value, other) else None
    bounds: tuple[float, float] | None = None
    if value.range is not None and number is not None:
        low, high = value.range
        try:
            ends = _new_limits(op, low, high, number, value is left)
            bounds = (min(ends), max(ends)) if ends is not None else None
        except (ArithmeticError, TypeError):
            bounds = None
    is_float = isinstance(op, ast.Div) or isinstance(number, float)
    dtype = "float64" if is_float and (value.dtype or "").startswith(("uint", "int")) else value.dtype
    # Class indices remain class indices, although the loss may no longer accept them; so do other numbers.
    is_kept = bounds == value.range or (value.encoding in ("integer", "number") and number is not None)
    encoding = value.encoding if is_kept else None
    counts = value.counts if bounds == value.range and number is not None else None
    result = Array(shape, dtype, bounds, encoding, value.classes if encoding else None, value.node, counts)
    result.normal = _new_normal(op, value, number, value is left)
    return result


def _new_normal(op: ast.operator, value: Array, other: float | None, first: bool) -> tuple[float, float] | None:
    """The mean and deviation of normal values after an operation with a number."""
    if value.normal is None or other is None:
        return None
    mean, deviation = value.normal
    if isinstance(op, ast.Pow):
        return None
    try:
        ends = _new_limits(op, mean - deviation, mean + deviation, other, first)
    except (ArithmeticError, TypeError):
        return None
    return None if ends is None else ((ends[0] + ends[1]) / 2, abs(ends[1] - ends[0]) / 2)


_MAX_POWER = 10


def _new_limits(op: ast.operator, low: float, high: float, other: float, first: bool) -> tuple[float, float] | None:
    if isinstance(op, ast.Div) and first:
        return low / other, high / other
    if isinstance(op, ast.Div) and low * high > 0:
        return other / low, other / high
    if isinstance(op, ast.Mult):
        return low * other, high * other
    if isinstance(op, ast.Pow) and first and is_integer(other) and 0 < other <= _MAX_POWER:
        ends = low**other, high**other
        return (0.0, max(ends)) if other % 2 == 0 and low <= 0 <= high else ends
    if isinstance(op, ast.Add):
        return low + other, high + other
    if isinstance(op, ast.Sub):
        return (low - other, high - other) if first else (other - low, other - high)
    return None


def rescaled(layer: KerasCall, call: Call) -> object:
    """The result of a `Rescaling` layer that is called on an array."""
    value = call.value(0, "inputs")
    scale, offset = layer.value(0, "scale"), layer.value(1, "offset")
    if not isinstance(value, Array):
        return call.unknown
    scaled = arithmetic(ast.Mult(), value, scale, call.node)
    return scaled if offset is None else arithmetic(ast.Add(), scaled, offset, call.node)


def compare(value: Array) -> Array:
    """`labels == 5`: a boolean array."""
    return Array(value.shape, "bool", (0, 1), "integer", 2, value.node)


def take_slice(value: Array, part: slice, node: ast.AST) -> object:
    """`array[a:b]`: a range of the samples."""
    whole = part.start is None and part.stop is None
    counts = value.counts if whole else None
    shape = (_slice_length(value.shape[0], part, node), *value.shape[1:]) if value.shape else None
    return value.replace_fields(shape=shape, counts=counts)


def with_length(value: Array, length: object) -> Array:
    """Some samples of an array."""
    shape = (length, *value.shape[1:]) if value.shape else None
    return value.replace_fields(shape=shape, counts=None)


def _slice_length(size: object, part: slice, node: ast.AST) -> object:
    """The size of an axis after it is sliced."""
    if part == slice(None):
        return size
    return len(range(size)[part]) if is_integer(size) and part.step != 0 else Unknown(node)


def item(value: Array, key: object, node: ast.AST) -> object:
    """`array[key]`: selected samples, or a part of each sample."""
    selected = _select(value, key, node)
    if not isinstance(selected, Array):
        return selected
    return selected.replace_fields(
        fitted_on=value.fitted_on, is_part=value.is_part, is_rest=value.is_rest, whole=value.whole
    )


def part_of(value: object, index: ast.expr, result: object) -> object:
    """The result of an index, as a part of a split if it is all samples before or after one: `x[:800]`, `x[800:, 0]`.

    A slice with both ends is a window.
    """
    rows = index.elts[0] if isinstance(index, ast.Tuple) and index.elts else index
    if not isinstance(value, Array) or not isinstance(result, Array) or not isinstance(rows, ast.Slice):
        return result
    from_start = rows.lower is None or (isinstance(rows.lower, ast.Constant) and rows.lower.value == 0)
    to_end = rows.upper is None or (isinstance(rows.upper, ast.Call) and getattr(rows.upper.func, "id", "") == "len")
    if from_start == to_end or _is_shift(rows):
        return result
    value.parts += 1
    return result.replace_fields(is_part=True, is_rest=to_end, whole=value, parts=0)


def _is_shift(rows: ast.Slice) -> bool:
    """`x[1:]` or `x[:-1]`, the next and the previous values of a series."""
    return any(bound is not None and ast.unparse(bound) in ("1", "-1") for bound in (rows.lower, rows.upper))


def _select(value: Array, key: object, node: ast.AST) -> object:
    if is_index(key):
        sizes = value.shape or ()
        # A number is not an array, and an index of a table is a column.
        if len(sizes) < 2 or (isinstance(key, int) and not is_integer(sizes[0])):
            return Array(node=value.node)
        return Array(sizes[1:], value.dtype, _element_range(value), node=value.node)
    if isinstance(key, tuple) and value.shape is not None:
        new_shape = _index_shape(value.shape, key, node)
        if new_shape is not None:
            return _with_shape(value, new_shape)
    if isinstance(key, Array) and _is_row_numbers(key) and value.encoding != "identity":
        is_ordered = value.is_ordered and key.is_ordered
        return with_length(value, Unknown(node, text="?")).replace_fields(is_ordered=is_ordered)
    if value.encoding == "identity" and isinstance(key, Array):
        shape = (*key.shape, value.classes) if key.shape is not None else None
        return Array(shape, value.dtype, (0, 1), "one_hot", value.classes, key.node)
    return Array(None, value.dtype, _element_range(value), node=value.node)


def _is_row_numbers(key: Array) -> bool:
    """Whether an index selects samples by their numbers, such as those of a fold."""
    return "int" in (key.dtype or "") and key.shape is not None and len(key.shape) == 1


_TABLE_READERS = frozenset(("read_csv", "read_excel", "read_table", "read_parquet", "loadtxt", "genfromtxt"))
_MAX_STEPS = 5


def is_table(value: Unknown) -> bool:
    """Whether an unknown value is a table with two axes: what pandas reads from a file, or `iloc` of it."""
    current: object = value
    for _ in range(_MAX_STEPS):
        node = current.node if isinstance(current, Unknown) else current
        if isinstance(node, ast.Attribute) and node.attr == "iloc":
            return True
        if isinstance(node, ast.Attribute) and node.attr == "values":
            operands = current.operands if isinstance(current, Unknown) else ()
            current = operands[0] if isinstance(node.value, ast.Name) and operands else node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return node.func.attr in _TABLE_READERS
        else:
            return False
    return False


def named_columns(key: object, node: ast.expr) -> Array | None:
    """`table[["width", "height"]]`: the columns of these names; None for another key."""
    names = key.items if isinstance(key, List) and key.unknown is None else None
    if not names or not are_strings(names):
        return None
    return Array((Unknown(node, text="?"), len(names)), node=node)


def columns(key: tuple[object, ...], node: ast.expr) -> object:
    """`table[:, 0:8]` or `table[:, 8]`: some columns of a table."""
    if len(key) != 2 or key[0] != slice(None):
        return Unknown(node)
    count, part = Unknown(node, text="?"), key[1]
    if is_integer(part):
        return Array((count,), node=node)
    if isinstance(part, slice) and part.step is None and is_integer(part.stop) and part.stop > (part.start or 0) >= 0:
        return Array((count, part.stop - (part.start or 0)), node=node)
    return Unknown(node)


def _with_shape(value: Array, shape: tuple[object, ...]) -> Array:
    """An array with another shape; labels remain labels if only axes of size 1 are added or removed."""
    kept = [size for size in shape if size != 1] == [size for size in value.shape or () if size != 1]
    if kept:
        return value.replace_fields(shape=shape)
    return Array(shape, value.dtype, _element_range(value), node=value.node)


def _element_range(value: Array) -> tuple[float, float] | None:
    """The range of selected values of an array; None for labels, since a column of labels is not a label."""
    return value.range if value.encoding in (None, "number") else None


def _index_shape(shape: tuple[object, ...], keys: tuple[object, ...], node: ast.AST) -> tuple[object, ...] | None:
    """The shape of `array[..., None]`, `array[:, 0]` and the like; None where it is not known."""
    if sum(key is ... for key in keys) > 1:
        return None
    sizes: list[object] = []
    remaining = list(shape)
    for place, key in enumerate(keys):
        if key is None:
            sizes.append(1)
        elif key is ...:
            after = sum(later is not None for later in keys[place + 1 :])
            while len(remaining) > after:
                sizes.append(remaining.pop(0))
        elif not remaining:
            return None
        elif isinstance(key, slice):
            sizes.append(_slice_length(remaining.pop(0), key, node))
        elif isinstance(key, SliceWindow) or (isinstance(key, Unknown) and isinstance(key.node, ast.Slice)):
            remaining.pop(0)
            sizes.append(key.length if isinstance(key, SliceWindow) else key)
        elif is_index(key):
            remaining.pop(0)
        else:
            return None
    return (*sizes, *remaining)


def method(value: Array, name: str, call: Call) -> object:
    """A method of an array."""
    if name == "reshape":
        arguments = call.positional
        if len(arguments) == 1 and isinstance(arguments[0], (tuple, List)):
            arguments = list(arguments[0].items if isinstance(arguments[0], List) else arguments[0])
        return reshape(value, arguments, call.node)
    if name == "astype":
        return value.replace_fields(dtype=dtype_name(call.value(0, "dtype")))
    if name == "argmax":
        return argmax(value, call.value(0, "axis"), call.node)
    if name in _COPYING_METHODS or name == "sort_values":
        return value
    if name in _SAMPLING_METHODS:
        return with_length(value, Unknown(call.node))
    if name == "clip":
        low, high = call.value(0, "min", "a_min"), call.value(1, "max", "a_max")
        bounds = (low, high) if isinstance(low, (int, float)) and isinstance(high, (int, float)) else None
        return Array(value.shape, value.dtype, bounds, node=value.node)
    if name in ("flatten", "ravel"):
        value = value if value.shape is not None else reshape(value, [], call.node)
        return value.replace_fields(
            shape=(prod(value.shape),) if value.shape is not None and are_integers(value.shape) else None
        )
    return call.unknown


def argmax(value: Array, axis: object, node: ast.AST) -> object:
    """The class indices of one-hot labels or of probabilities."""
    last = len(value.shape or ()) - 1
    if value.shape is None or last < 1 or axis not in (-1, last) or value.encoding not in ("one_hot", "probabilities"):
        return Unknown(node)
    bounds = (0, value.classes - 1) if is_integer(value.classes) else None
    return Array(value.shape[:-1], "int64", bounds, "integer", value.classes, node)


def reshape(value: Array, sizes: list[object], node: ast.AST) -> Array:
    """An array in another shape."""
    if value.shape is None and value.encoding == "one_hot":
        # A row may no longer be a label.
        value = value.replace_fields(encoding=None, classes=None)
    return value.replace_fields(shape=_new_shape(value.shape, sizes, node))


def reshaped_unknown(sizes: Sequence[object], node: ast.AST) -> Array | None:
    """An unknown value in a shape of which something is known."""
    shape = _new_shape(None, list(sizes), node) if len(sizes) > 1 else None
    return Array(shape, node=node) if shape is not None and any(map(is_integer, shape)) else None


def _new_shape(shape: tuple[object, ...] | None, requested: list[object], node: ast.AST) -> tuple[object, ...] | None:
    if not requested:
        return None
    sizes = list(requested)
    if sizes.count(-1) == 1:
        others = [size for size in sizes if not (is_integer(size) and size == -1)]
        missing: object = Unknown(node, text="?")
        if shape is not None and are_integers(shape) and are_integers(others):
            size: int = prod(others)
            missing = prod(shape) // size if size else missing
        sizes[[is_integer(size) and size == -1 for size in sizes].index(True)] = missing
    return tuple(sizes) if all(isinstance(size, (int, Unknown)) for size in sizes) else None


def _is_number(value: Unknown) -> bool:
    """Whether an unknown value is a number: a computed one, `len(x)` or `x.shape[0]`, but not `x.shape`."""
    node = value.node
    if isinstance(node, ast.Call):
        return getattr(node.func, "id", None) in ("len", "int", "round", "max", "min", "sum")
    if isinstance(node, ast.Subscript):
        of_shape = isinstance(node.value, ast.Attribute) and node.value.attr == "shape"
        return of_shape and not isinstance(node.slice, ast.Slice)
    return value.formula is not None or bool(value.choices)


_REDUCTIONS = frozenset(("max", "min", "mean", "std", "sum", "var", "median", "ptp", "norm", "amax", "amin"))


def _keeps_shape(value: Array, other: object) -> bool:
    """Whether an operation with another value certainly has the shape of an array."""
    if isinstance(other, Array):
        return other.shape == value.shape
    if not isinstance(other, Unknown) or (value.shape is not None and len(value.shape) > 1):
        # A matrix is usually combined with one of its size, or with one value per column.
        return True
    if _is_number(other) or any(operand is value for operand in other.operands):
        return True
    called = other.node.func if isinstance(other.node, ast.Call) else None
    return isinstance(called, ast.Attribute) and called.attr in _REDUCTIONS


_BOUNDED: Mapping[str, tuple[float, float]] = {"sin": (-1, 1), "cos": (-1, 1), "tanh": (-1, 1)}
_INCREASING: Mapping[str, Callable[[float], float]] = {
    "exp": exp,
    "expm1": expm1,
    "log": log,
    "log1p": log1p,
    "sqrt": sqrt,
    "tanh": tanh,
}
"""The functions of every element that grow with it."""


def elementwise(value: Array, name: str) -> Array:
    """A function of every element: `np.sin(x)`."""
    bounds = _BOUNDED.get(name)
    if value.range is not None and name in _INCREASING:
        try:
            low, high = (_INCREASING[name](end) for end in value.range)
            bounds = low, high
        except (ArithmeticError, ValueError):
            bounds = None
    if name in ("round", "rint", "floor", "ceil") and value.is_integral:
        return value
    return Array(
        value.shape, "float64", bounds, "number" if value.encoding in (None, "number") else None, None, value.node
    )


def to_shape(value: object) -> tuple[object, ...] | None:
    """A shape given as a number, tuple or list; None if unknown."""
    if is_integer(value) or (isinstance(value, Unknown) and _is_number(value)):
        value = (value,)
    sizes = known_items(value)
    return sizes if isinstance(sizes, tuple) and all(isinstance(size, (int, Unknown)) for size in sizes) else None
