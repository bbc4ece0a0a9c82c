"""Functions of other packages that create or change arrays, or compute sizes."""

from __future__ import annotations

import ast
from collections.abc import Callable
from math import ceil, prod

from seqspec.programs import arrays, labels
from seqspec.programs.arrays import sizes_of
from seqspec.programs.values import (
    Argument,
    Data,
    List,
    NumpyInteger,
    Ref,
    Unknown,
    are_integers,
    are_numbers,
    argument_value,
    is_integer,
)

Function = Callable[[list[Argument], ast.AST], object]

_MAX_LEVELS = 8
_MAX_VALUES = 1000
"""Maximum number of distinct values that are counted."""


def to_categorical(arguments: list[Argument], node: ast.AST) -> object:
    """Labels as one-hot rows."""
    labels = argument_value(arguments, 0, "y", "x", "indices")
    classes = argument_value(arguments, 1, "num_classes", "nb_classes", "depth")
    shape: tuple[object, ...] | None = None
    if isinstance(labels, Data):
        if classes is None:
            classes = labels.classes
        shape = labels.shape
    elif isinstance(labels, List) and labels.lost is None and labels.items and are_integers(labels.items):
        if classes is None:
            classes = max(labels.items) + 1
        shape = (len(labels.items),)
    if not is_integer(classes) and not isinstance(classes, Unknown):
        classes = Unknown(node)
    if shape is not None:
        # A last axis of size 1 is dropped.
        shape = (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape), classes)
    return Data(shape, "float32", (0, 1), "one_hot", classes, node)


def _one_hot(arguments: list[Argument], node: ast.AST) -> object:
    """`tf.one_hot`, which keeps every axis of the labels."""
    labels, classes = argument_value(arguments, 0, "indices", "x"), argument_value(arguments, 1, "depth", "num_classes")
    if not is_integer(classes) or not isinstance(labels, Data) or argument_value(arguments, "axis") is not None:
        return Unknown(node)
    shape = (*labels.shape, classes) if labels.shape is not None else None
    return Data(shape, "float32", (0, 1), "one_hot", classes, node)


def _identity(arguments: list[Argument], node: ast.AST) -> object:
    classes = argument_value(arguments, 0, "N", "n")
    if not is_integer(classes) or len(arguments) > 1:
        return Unknown(node)
    return Data((classes, classes), "float64", (0, 1), "identity", classes, node)


def _filled(value: float | None) -> Function:
    def made(arguments: list[Argument], node: ast.AST) -> object:
        filled = argument_value(arguments, 1, "fill_value", "value") if value is None else value
        return _constant(sizes_of(argument_value(arguments, 0, "shape", "size", "dims")), filled, node)

    return made


def _filled_like(value: float | None) -> Function:
    def made(arguments: list[Argument], node: ast.AST) -> object:
        other = argument_value(arguments, 0, "a", "x", "input")
        filled = argument_value(arguments, 1, "fill_value") if value is None else value
        return _constant(other.shape, filled, node) if isinstance(other, Data) else Unknown(node)

    return made


def _constant(shape: tuple[object, ...] | None, value: object, node: ast.AST) -> Data:
    if not isinstance(value, (int, float)):
        return Data(shape, node=node)
    counts = {int(value): prod(shape)} if shape is not None and are_integers(shape) and value == int(value) else None
    return Data(shape, "float64", (value, value), node=node, counts=counts)


def _empty(arguments: list[Argument], node: ast.AST) -> object:
    return Data(sizes_of(argument_value(arguments, 0, "shape")), node=node)


def _unbounded(shape_at: int) -> Function:
    """A function that draws from an unbounded distribution."""

    def made(arguments: list[Argument], node: ast.AST) -> object:
        shape = sizes_of(argument_value(arguments, shape_at, "size", "shape"))
        return Data(shape, "float64", None, "number", node=node)

    return made


def _uniform(shape_at: int, *names: str) -> Function:
    """A function that draws numbers from 0 to 1, or between the arguments with these names."""
    first = int(shape_at == 0)

    def made(arguments: list[Argument], node: ast.AST) -> object:
        shape = sizes_of(argument_value(arguments, shape_at, "size", "shape"))
        bounds: list[object] = [0.0, 1.0]
        for index, name in enumerate(names):
            given = argument_value(arguments, first + index, name)
            bounds[index] = bounds[index] if given is None else given
        known = (bounds[0], bounds[1]) if are_numbers(bounds) else None
        return Data(shape, "float64", known, "number", node=node)

    return made


def _drawn(bounds: tuple[float, float] | None) -> Function:
    """A function with one argument per axis: `np.random.rand(100, 8)`."""

    def made(arguments: list[Argument], node: ast.AST) -> object:
        sizes = tuple(a.value for a in arguments if isinstance(a.key, int))
        return Data(sizes_of(sizes), "float64", bounds, "number", node=node)

    return made


def _integers(shape_at: int, *names: str) -> Function:
    """A function that draws integers from `low` to `high - 1`."""

    def made(arguments: list[Argument], node: ast.AST) -> object:
        first = int(shape_at == 0)
        low, high = argument_value(arguments, first, names[0]), argument_value(arguments, first + 1, names[1])
        if high is None:
            low, high = 0, low
        shape = sizes_of(argument_value(arguments, shape_at, "size", "shape"))
        open_ = argument_value(arguments, "endpoint") is not None
        bounds = (low, high - 1) if is_integer(low) and is_integer(high) and not open_ else None
        # Integers in a range may or may not be class indices.
        return Data(shape, "int64", bounds, node=node)

    return made


def _choice(arguments: list[Argument], node: ast.AST) -> object:
    values, shape = argument_value(arguments, 0, "a"), sizes_of(argument_value(arguments, 1, "size"))
    if is_integer(values) and values > 0:
        return Data(shape, "int64", (0, values - 1), node=node)
    items = values.items if isinstance(values, List) and values.lost is None else values
    if isinstance(items, tuple) and items and all(is_integer(value) for value in items):
        return Data(shape, "int64", (min(items), max(items)), node=node)
    if isinstance(values, Data) and values.shape is not None and len(values.shape) == 1:
        return values.replaced(shape=shape, counts=None)
    return Data(shape, node=node)


def _dirichlet(arguments: list[Argument], node: ast.AST) -> object:
    """Rows that sum to one."""
    weights, shape = argument_value(arguments, 0, "alpha"), sizes_of(argument_value(arguments, 1, "size"))
    count: object = None
    if isinstance(weights, Data) and weights.shape is not None and len(weights.shape) == 1:
        count = weights.shape[0]
    elif isinstance(weights, (tuple, List)):
        count = len(weights.items if isinstance(weights, List) else weights)
    if shape is None or not is_integer(count):
        return Unknown(node)
    return Data((*shape, count), "float64", (0, 1), "probabilities", count, node)


def _array(arguments: list[Argument], node: ast.AST) -> object:
    value = argument_value(arguments, 0, "object", "a", "value", "x")
    dtype = argument_value(arguments, "dtype")
    dtype = dtype.name if isinstance(dtype, Ref) else dtype
    if isinstance(value, Data):
        return value.replaced(dtype=dtype) if isinstance(dtype, str) else value
    shape: list[int] = []
    numbers: list[float] = []
    if not isinstance(value, (List, tuple)) or not _measure(value, 0, shape, numbers):
        return Unknown(node)
    whole = all(isinstance(number, int) for number in numbers)
    if not isinstance(dtype, str):
        dtype = "int64" if whole else "float64"
    counts: dict[int, int] = {}
    for number in numbers:
        if number == int(number):
            counts[int(number)] = counts.get(int(number), 0) + 1
    return Data(
        tuple(shape),
        dtype,
        (min(numbers), max(numbers)) if numbers else None,
        node=node,
        counts=counts if sum(counts.values()) == len(numbers) and 0 < len(counts) <= _MAX_VALUES else None,
    )


def _measure(value: object, depth: int, shape: list[int], numbers: list[float]) -> bool:
    if isinstance(value, (int, float)):
        numbers.append(value)
        return depth == len(shape) and value == value and abs(value) != float("inf")
    items = value.items if isinstance(value, List) and value.lost is None else value
    if not isinstance(items, tuple) or depth > _MAX_LEVELS:
        return False
    if depth == len(shape):
        if numbers:
            return False
        shape.append(len(items))
    return shape[depth] == len(items) and all(_measure(item, depth + 1, shape, numbers) for item in items)


def _line(arguments: list[Argument], node: ast.AST) -> object:
    start, stop = argument_value(arguments, 0, "start"), argument_value(arguments, 1, "stop")
    count = argument_value(arguments, 2, "num")
    ends = (start, stop)
    bounds = (min(ends), max(ends)) if are_numbers(ends) else None
    return Data(sizes_of(50 if count is None else count), "float64", bounds, "number", node=node)


def _repeated(arguments: list[Argument], node: ast.AST) -> object:
    """`np.repeat`: repeats every value the given number of times."""
    value, times = argument_value(arguments, 0, "a"), argument_value(arguments, 1, "repeats")
    values = value.items if isinstance(value, List) and value.lost is None else value
    repeats = times.items if isinstance(times, List) and times.lost is None else times
    if not isinstance(values, tuple) or not all(isinstance(each, (int, float)) for each in values):
        if not isinstance(value, Data) or not is_integer(times) or argument_value(arguments, 2, "axis") != 0:
            return Unknown(node)
        if not value.shape or not is_integer(value.shape[0]):
            return Unknown(node)
        return value.replaced(shape=(value.shape[0] * times, *value.shape[1:]), counts=None)
    if is_integer(repeats):
        repeats = (repeats,) * len(values)
    if not isinstance(repeats, tuple) or not all(is_integer(each) for each in repeats):
        return Unknown(node)
    parts = [_constant((count,), each, node) for each, count in zip(values, repeats)]
    joined = _joined(parts, 0, node) if len(parts) == len(repeats) and parts else Unknown(node)
    whole = isinstance(joined, Data) and all(isinstance(each, int) for each in values)
    return joined.replaced(dtype="int64") if whole and isinstance(joined, Data) else joined


def _concatenated(function: str) -> Function:
    def made(arguments: list[Argument], node: ast.AST) -> object:
        value = argument_value(arguments, 0, "arrays", "tup", "values", "xs", "tensors")
        axis = argument_value(arguments, 1, "axis")
        axis = {"vstack": 0, "hstack": 1}.get(function, 0 if axis is None else axis)
        parts = value.items if isinstance(value, List) and value.lost is None else value
        if not isinstance(parts, tuple) or not parts or not all(isinstance(part, Data) for part in parts):
            return Unknown(node)
        ranks = {len(part.shape) if part.shape is not None else 0 for part in parts}
        if function in ("vstack", "hstack") and ranks == {1}:
            # Vectors are concatenated, or stacked as rows.
            axis = 0
            if function == "vstack":
                return Unknown(node)
        return _joined(list(parts), axis, node) if is_integer(axis) else Unknown(node)

    return made


def _joined(parts: list[Data], axis: int, node: ast.AST) -> object:
    first = parts[0]
    shape: tuple[object, ...] | None = None
    if all(part.shape is not None and len(part.shape) == len(first.shape or ()) for part in parts):
        sizes = list(first.shape or ())
        at = axis + len(sizes) if axis < 0 else axis
        if not 0 <= at < len(sizes):
            return Unknown(node)
        joined = [part.shape[at] for part in parts if part.shape is not None]
        sizes[at] = sum(joined) if are_integers(joined) else Unknown(node)
        shape = tuple(sizes)
    ends = [part.range for part in parts if part.range is not None]
    bounds = (min(low for low, _ in ends), max(high for _, high in ends)) if len(ends) == len(parts) else None
    alike = all((part.encoding, part.classes) == (first.encoding, first.classes) for part in parts) and axis == 0
    counts: dict[int, int] | None = {}
    for part in parts:
        for each, count in (part.counts or {}).items():
            if counts is not None:
                counts[each] = counts.get(each, 0) + count
        if part.counts is None:
            counts = None
    return Data(
        shape,
        first.dtype if all(part.dtype == first.dtype for part in parts) else None,
        bounds,
        first.encoding if alike else None,
        first.classes if alike else None,
        node,
        counts,
    )


def _expanded(arguments: list[Argument], node: ast.AST) -> object:
    value, axis = argument_value(arguments, 0, "a", "input", "x"), argument_value(arguments, 1, "axis")
    if not isinstance(value, Data) or value.shape is None or not is_integer(axis):
        return value.replaced(shape=None) if isinstance(value, Data) else Unknown(node)
    at = axis if axis >= 0 else len(value.shape) + 1 + axis
    return value.replaced(shape=(*value.shape[:at], 1, *value.shape[at:]))


def _reshape(arguments: list[Argument], node: ast.AST) -> object:
    value, shape = argument_value(arguments, 0, "a", "tensor", "x"), argument_value(arguments, 1, "newshape", "shape")
    if isinstance(shape, List) and shape.lost is None:
        shape = shape.items
    sizes = list(shape) if isinstance(shape, tuple) else [shape]
    return arrays.reshaped(value, sizes, node) if isinstance(value, Data) else Unknown(node)


def _argmax(arguments: list[Argument], node: ast.AST) -> object:
    value, axis = argument_value(arguments, 0, "a", "input", "x"), argument_value(arguments, 1, "axis")
    return arrays.argmax(value, axis, node) if isinstance(value, Data) else Unknown(node)


def _product(arguments: list[Argument], node: ast.AST) -> object:
    value = argument_value(arguments, 0, "a")
    items = value.items if isinstance(value, List) and value.lost is None else value
    if isinstance(items, tuple) and all(isinstance(item, (int, float)) for item in items):
        return prod(items)
    return Unknown(node)


def _numpy_product(arguments: list[Argument], node: ast.AST) -> object:
    value = _product(arguments, node)
    return NumpyInteger(value) if is_integer(value) else value


def _split(arguments: list[Argument], node: ast.AST) -> object:
    """`train_test_split`: splits each array in two."""
    share = argument_value(arguments, "test_size")
    share = 0.25 if share is None and argument_value(arguments, "train_size") is None else share
    found: list[object] = []
    for argument in arguments:
        if not isinstance(argument.key, int):
            continue
        value = argument.value
        if not isinstance(value, Data) or not value.shape:
            unknown = value.replaced(counts=None) if isinstance(value, Data) else Unknown(argument.node)
            found += [unknown, unknown]
            continue
        count, held = value.shape[0], None
        if is_integer(count) and isinstance(share, (int, float)) and not isinstance(share, bool):
            held = ceil(count * share) if isinstance(share, float) else share
        sizes: tuple[object, object] = (Unknown(node), Unknown(node))
        if held is not None and is_integer(count) and 0 < held < count:
            sizes = (count - held, held)
        found += [value.replaced(shape=(size, *value.shape[1:]), counts=None) for size in sizes]
    return tuple(found)


def _unique(arguments: list[Argument], node: ast.AST) -> object:
    labels = argument_value(arguments, 0, "ar")
    if isinstance(labels, Data) and labels.encoding == "integer" and is_integer(labels.classes):
        return Data((labels.classes,), labels.dtype, labels.range, node=node)
    return Unknown(node)


def _unchanged(arguments: list[Argument], node: ast.AST) -> object:
    value = argument_value(arguments, 0)
    return value if isinstance(value, Data) else Unknown(node)


def _generator(arguments: list[Argument], node: ast.AST) -> object:
    """A random number generator, whose methods are named like the functions of `numpy.random`."""
    return Ref(("numpy", "random"), "numpy")


def _shape_of_tensor(arguments: list[Argument], node: ast.AST) -> object:
    return next((each.value for each in arguments if each.key in (0, "dims")), Unknown(node))


FUNCTIONS: dict[str, Function] = {
    "tensorflow.TensorShape": _shape_of_tensor,
    "numpy.zeros": _filled(0),
    "numpy.ones": _filled(1),
    "numpy.full": _filled(None),
    "numpy.zeros_like": _filled_like(0),
    "numpy.ones_like": _filled_like(1),
    "numpy.full_like": _filled_like(None),
    "numpy.empty": _empty,
    "numpy.eye": _identity,
    "numpy.identity": _identity,
    "numpy.linspace": _line,
    "numpy.repeat": _repeated,
    "numpy.concatenate": _concatenated("concatenate"),
    "numpy.vstack": _concatenated("vstack"),
    "numpy.hstack": _concatenated("hstack"),
    "numpy.random.default_rng": _generator,
    "numpy.random.RandomState": _generator,
    "numpy.random.random": _uniform(0),
    "numpy.random.random_sample": _uniform(0),
    "numpy.random.rand": _drawn((0, 1)),
    "numpy.random.randn": _drawn(None),
    "numpy.random.standard_normal": _unbounded(0),
    "numpy.random.normal": _unbounded(2),
    "numpy.random.uniform": _uniform(2, "low", "high"),
    "numpy.random.randint": _integers(2, "low", "high"),
    "numpy.random.integers": _integers(2, "low", "high"),
    "numpy.random.choice": _choice,
    "numpy.random.permutation": _unchanged,
    "numpy.random.dirichlet": _dirichlet,
    "numpy.array": _array,
    "numpy.asarray": _array,
    "numpy.argmax": _argmax,
    "numpy.expand_dims": _expanded,
    "numpy.reshape": _reshape,
    "numpy.prod": _numpy_product,
    "numpy.product": _numpy_product,
    "numpy.float32": _unchanged,
    "numpy.copy": _unchanged,
    "numpy.unique": _unique,
    "math.prod": _product,
    "tensorflow.zeros": _filled(0),
    "tensorflow.ones": _filled(1),
    "tensorflow.constant": _array,
    "tensorflow.convert_to_tensor": _array,
    "tensorflow.expand_dims": _expanded,
    "tensorflow.reshape": _reshape,
    "tensorflow.one_hot": _one_hot,
    "tensorflow.argmax": _argmax,
    "tensorflow.concat": _concatenated("concat"),
    "tensorflow.random.normal": _unbounded(0),
    "tensorflow.random.uniform": _uniform(0, "minval", "maxval"),
    "keras.ops.one_hot": _one_hot,
    "keras.ops.zeros": _filled(0),
    "keras.ops.ones": _filled(1),
    "keras.random.normal": _unbounded(0),
    "keras.random.uniform": _uniform(0, "minval", "maxval"),
    "keras.random.randint": _integers(0, "minval", "maxval"),
    "sklearn.model_selection.train_test_split": _split,
    "sklearn.cross_validation.train_test_split": _split,
    "pandas.get_dummies": labels.dummies,
    "tensorflow.data.Dataset.from_tensor_slices": labels.from_tensor_slices,
}
"""The functions by full name."""
