"""Functions of other packages that create or change arrays, or compute sizes."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import ceil, prod

from seqspec.programs.python.label_encoding import factorize, from_tensor_slices, get_dummies
from seqspec.programs.python.python_functions import math_function
from seqspec.programs.values import array_values
from seqspec.programs.values.abstract_values import (
    Array,
    Call,
    List,
    NumpyInteger,
    Ref,
    Unknown,
    are_integers,
    are_numbers,
    are_strings,
    is_integer,
    known_items,
)
from seqspec.programs.values.array_values import to_shape
from seqspec.programs.values.data_loaders import converted, resized

Function = Callable[[Call], object]

_MAX_LEVELS = 8
_MAX_VALUES = 1000
"""Maximum number of distinct values that are counted."""


def to_categorical(call: Call) -> object:
    """Labels as one-hot rows."""
    labels = call.value(0, "y", "x", "indices")
    classes = call.value(1, "num_classes", "nb_classes", "depth")
    shape: tuple[object, ...] | None = None
    if isinstance(labels, Array):
        if classes is None:
            classes = labels.classes if labels.classes is not None else _index_count(labels)
        shape = labels.shape
    elif isinstance(labels, List) and labels.unknown is None and labels.items and are_integers(labels.items):
        if classes is None:
            classes = max(labels.items) + 1
        shape = (len(labels.items),)
    if not is_integer(classes) and not isinstance(classes, Unknown):
        classes = call.unknown
    if shape is not None:
        # A last axis of size 1 is dropped.
        shape = (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape), classes)
    one_hot = Array(shape, "float32", (0, 1), "one_hot", classes, call.node)
    one_hot.is_ordered = isinstance(labels, Array) and labels.is_ordered
    return one_hot


def _index_count(labels: Array) -> int | None:
    """The number of class indices up to the largest one; None if it is not certain to occur."""
    if labels.range is None or not labels.is_integral or labels.range[0] < 0:
        return None
    count = int(labels.range[1]) + 1
    samples = labels.shape[0] if labels.shape else None
    # Among enough random samples every index occurs.
    return count if labels.counts is not None or (is_integer(samples) and samples >= 20 * count) else None


def _one_hot(call: Call) -> object:
    """`tf.one_hot`, which keeps every axis of the labels."""
    labels, classes = call.value(0, "indices", "x"), call.value(1, "depth", "num_classes")
    if not is_integer(classes) or not isinstance(labels, Array) or call.value("axis") is not None:
        return call.unknown
    shape = (*labels.shape, classes) if labels.shape is not None else None
    return Array(shape, "float32", (0, 1), "one_hot", classes, call.node)


def _eye(call: Call) -> object:
    classes = call.value(0, "N", "n")
    if not is_integer(classes) or len(call.arguments) > 1:
        return call.unknown
    return Array((classes, classes), "float64", (0, 1), "identity", classes, call.node)


def _full(call: Call, value: float | None = None) -> object:
    fill = call.value(1, "fill_value", "value") if value is None else value
    return _constant(to_shape(call.value(0, "shape", "size", "dims")), fill, call.node)


def _full_like(call: Call, value: float | None = None) -> object:
    other = call.value(0, "a", "x", "input")
    fill = call.value(1, "fill_value") if value is None else value
    return _constant(other.shape, fill, call.node) if isinstance(other, Array) else call.unknown


def _constant(shape: tuple[object, ...] | None, value: object, node: ast.AST) -> Array:
    if not isinstance(value, (int, float)):
        return Array(shape, node=node)
    counts = {int(value): prod(shape)} if shape is not None and are_integers(shape) and value == int(value) else None
    return Array(shape, "float64", (value, value), node=node, counts=counts)


def _empty(call: Call) -> object:
    return Array(to_shape(call.value(0, "shape")), node=call.node)


@dataclass(frozen=True)
class _RandomFunction:
    """A function that draws random numbers.

    Attributes:
        shape: The position of the shape; None for one argument per axis, as in `np.random.rand(100, 8)`.
        bounds: The range of the numbers by default; None if it is unbounded or has to be given.
        limits: The names of the arguments with the lower and upper limit, if the function has them.
        integers: Whether it draws integers, the upper limit excluded.
    """

    shape: int | None
    bounds: tuple[float, float] | None = (0.0, 1.0)
    limits: tuple[str, ...] = ()
    integers: bool = False

    def __call__(self, call: Call) -> object:
        bounds = self.bounds
        shape = to_shape(tuple(call.positional) if self.shape is None else call.value(self.shape, "size", "shape"))
        # The limits are before or after the shape.
        limits = [call.value(at, name) for at, name in enumerate(self.limits, int(self.shape == 0))]
        if self.integers:
            limits = limits if limits[1] is not None else [0, limits[0]]
            inclusive = call.value("endpoint") is not None
            bounds = (limits[0], limits[1] - 1) if are_integers(limits) and not inclusive else None
            # Integers in a range may or may not be class indices.
            return Array(shape, "int64", bounds, node=call.node)
        if bounds is not None and limits:
            limits = [default if limit is None else limit for limit, default in zip(limits, bounds)]
            bounds = (limits[0], limits[1]) if are_numbers(limits) else None
        drawn = Array(shape, "float64", bounds, "number", node=call.node)
        if self.bounds is None:
            drawn.normal = _normal(call, self.shape)
        return drawn


def _normal(call: Call, shape: int | None) -> tuple[float, float] | None:
    """The mean and deviation of a normal distribution; those of `randn` and `standard_normal` are 0 and 1."""
    at = {2: (0, 1), 0: (1, 2)}.get(-1 if shape is None else shape)
    mean = call.value("loc", "mean", *(at or ())[:1])
    deviation = call.value("scale", "stddev", *(at or ())[1:])
    both = (0.0 if mean is None else mean, 1.0 if deviation is None else deviation)
    return (both[0], both[1]) if are_numbers(both) else None


def _choice(call: Call) -> object:
    values, shape = call.value(0, "a"), to_shape(call.value(1, "size"))
    if is_integer(values) and values > 0:
        return Array(shape, "int64", (0, values - 1), node=call.node)
    items = known_items(values)
    if isinstance(items, tuple) and items and all(is_integer(value) for value in items):
        return Array(shape, "int64", (min(items), max(items)), node=call.node)
    if isinstance(values, Array) and values.shape is not None and len(values.shape) == 1:
        return values.replace_fields(shape=shape, counts=None)
    return Array(shape, node=call.node)


def _dirichlet(call: Call) -> object:
    """Rows that sum to one."""
    weights, shape = call.value(0, "alpha"), to_shape(call.value(1, "size"))
    count: object = None
    if isinstance(weights, Array) and weights.shape is not None and len(weights.shape) == 1:
        count = weights.shape[0]
    elif isinstance(weights, (tuple, List)):
        count = len(weights.items if isinstance(weights, List) else weights)
    if shape is None or not is_integer(count):
        return call.unknown
    return Array((*shape, count), "float64", (0, 1), "probabilities", count, call.node)


def _array(call: Call) -> object:
    value = call.value(0, "object", "a", "value", "x")
    dtype = array_values.dtype_name(call.value("dtype"))
    value = array_values.as_array(value, call.node)
    if isinstance(value, Array):
        return value if dtype is None else value.replace_fields(dtype=dtype)
    if isinstance(value, List):
        stacked = _stacked(value, 0, call)
        if stacked is not None:
            return stacked
    texts = known_items(value)
    if isinstance(texts, tuple) and texts and call.value("dtype") is None and are_strings(texts):
        return Array((len(texts),), "str", node=call.node)
    shape: list[int] = []
    numbers: list[float] = []
    if not isinstance(value, (List, tuple)) or not _collect_numbers(value, 0, shape, numbers):
        return call.unknown
    whole = all(isinstance(number, int) for number in numbers)
    dtype = dtype or ("int64" if whole else "float64")
    counts = dict(Counter(int(number) for number in numbers if number == int(number)))
    return Array(
        tuple(shape),
        dtype,
        (min(numbers), max(numbers)) if numbers else None,
        node=call.node,
        counts=counts if sum(counts.values()) == len(numbers) and 0 < len(counts) <= _MAX_VALUES else None,
    )


def _stack(call: Call) -> object:
    """`np.stack`: arrays of one shape along a new axis."""
    axis = call.value(1, "axis")
    axis = 0 if axis is None else axis
    stacked = _stacked(call.value(0, "arrays"), axis, call) if is_integer(axis) else None
    return call.unknown if stacked is None else stacked


def _stacked(value: object, axis: int, call: Call) -> Array | None:
    """The arrays of a list along a new axis; None for other values."""
    # After loops and branches that append, the items may be anything.
    element = value.element if isinstance(value, List) and isinstance(value.element, Array) else None
    count: object = Unknown(call.node, text="?")
    if element is None:
        items = known_items(value)
        element = array_values.common_array(items)
        count = len(items) if isinstance(items, tuple) else count
    shape = None if element is None else element.shape
    if element is None or shape is None or not -len(shape) - 1 <= axis <= len(shape):
        return None
    at = axis + len(shape) + 1 if axis < 0 else axis
    return element.replace_fields(shape=(*shape[:at], count, *shape[at:]), node=call.node)


def _collect_numbers(value: object, depth: int, shape: list[int], numbers: list[float]) -> bool:
    if isinstance(value, (int, float)):
        numbers.append(value)
        return depth == len(shape) and value == value and abs(value) != float("inf")
    items = known_items(value)
    if not isinstance(items, tuple) or depth > _MAX_LEVELS:
        return False
    if depth == len(shape):
        if numbers:
            return False
        shape.append(len(items))
    return shape[depth] == len(items) and all(_collect_numbers(item, depth + 1, shape, numbers) for item in items)


def _linspace(call: Call) -> object:
    start, stop = call.value(0, "start"), call.value(1, "stop")
    count = call.value(2, "num")
    ends = (start, stop)
    bounds = (min(ends), max(ends)) if are_numbers(ends) else None
    return Array(to_shape(50 if count is None else count), "float64", bounds, "number", node=call.node)


def _repeat(call: Call) -> object:
    """`np.repeat`: repeats every value the given number of times."""
    value, times = call.value(0, "a"), call.value(1, "repeats")
    values = known_items(value)
    repeats = known_items(times)
    if not isinstance(values, tuple) or not all(isinstance(value, (int, float)) for value in values):
        if not isinstance(value, Array) or not is_integer(times) or call.value(2, "axis") != 0:
            return call.unknown
        if not value.shape or not is_integer(value.shape[0]):
            return call.unknown
        return value.replace_fields(shape=(value.shape[0] * times, *value.shape[1:]), counts=None)
    if is_integer(repeats):
        repeats = (repeats,) * len(values)
    if not isinstance(repeats, tuple) or not all(is_integer(repeat) for repeat in repeats):
        return call.unknown
    parts = [_constant((count,), value, call.node) for value, count in zip(values, repeats)]
    joined = _concatenate_arrays(parts, 0, call.node) if len(parts) == len(repeats) and parts else call.unknown
    whole = isinstance(joined, Array) and all(isinstance(value, int) for value in values)
    return joined.replace_fields(dtype="int64") if whole and isinstance(joined, Array) else joined


def _concatenate(call: Call, axis: int | None = None) -> object:
    """`np.concatenate`; with an `axis`, `np.vstack` or `np.hstack`."""
    parts = known_items(call.value(0, "arrays", "tup", "values", "xs", "tensors"))
    if not isinstance(parts, tuple) or not parts or not all(isinstance(part, Array) for part in parts):
        return call.unknown
    at: object = call.value(1, "axis") if axis is None else axis
    if axis is not None and {len(part.shape) if part.shape is not None else 0 for part in parts} == {1}:
        # Vectors are concatenated, or stacked as rows.
        if axis == 0:
            return call.unknown
        at = 0
    at = 0 if at is None else at
    return _concatenate_arrays(list(parts), at, call.node) if is_integer(at) else call.unknown


def _concatenate_arrays(parts: list[Array], axis: int, node: ast.AST) -> object:
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
    counts: Counter[int] = Counter()
    for part in parts:
        counts.update(part.counts or {})
    joined_parts = Array(
        shape,
        first.dtype if all(part.dtype == first.dtype for part in parts) else None,
        bounds,
        first.encoding if alike else None,
        first.classes if alike else None,
        node,
        None if any(part.counts is None for part in parts) else dict(counts),
    )
    lows = [low for low, high in ends if low == high]
    joined_parts.is_ordered = len(lows) == len(parts) > 1 and axis == 0 and lows == sorted(set(lows))
    return joined_parts


def _expand_dims(call: Call) -> object:
    value, axis = call.value(0, "a", "input", "x"), call.value(1, "axis")
    if not isinstance(value, Array) or value.shape is None or not is_integer(axis):
        return value.replace_fields(shape=None) if isinstance(value, Array) else call.unknown
    at = axis if axis >= 0 else len(value.shape) + 1 + axis
    return value.replace_fields(shape=(*value.shape[:at], 1, *value.shape[at:]))


def _reshape_array(call: Call) -> object:
    """`numpy.reshape`, which makes an array of anything."""
    value = call.value(0, "a")
    result = _reshape(call)
    if not isinstance(value, Unknown) or not isinstance(result, Unknown):
        return result
    shape = call.value(1, "newshape", "shape")
    items = known_items(shape)
    return array_values.reshaped_unknown(items if isinstance(items, tuple) else (items,), call.node) or result


def _reshape(call: Call) -> object:
    value, shape = call.value(0, "a", "tensor", "x"), known_items(call.value(1, "newshape", "shape"))
    sizes = list(shape) if isinstance(shape, tuple) else [shape]
    return array_values.reshape(value, sizes, call.node) if isinstance(value, Array) else call.unknown


def _elementwise(call: Call, name: str) -> object:
    value = call.value(0, "x", "a")
    return array_values.elementwise(value, name) if isinstance(value, Array) else math_function(name, call)


def _normalize(call: Call) -> object:
    """Rows of length 1."""
    value = call.value(0, "x", "X")
    if not isinstance(value, Array):
        return call.unknown
    low = 0.0 if value.range is not None and value.range[0] >= 0 else -1.0
    return Array(value.shape, "float64", (low, 1.0), node=call.node)


def _cast(call: Call) -> object:
    value, dtype = call.value(0, "x"), array_values.dtype_name(call.value(1, "dtype"))
    return value.replace_fields(dtype=dtype) if isinstance(value, Array) else call.unknown


def _argmax(call: Call) -> object:
    value, axis = call.value(0, "a", "input", "x"), call.value(1, "axis")
    return array_values.argmax(value, axis, call.node) if isinstance(value, Array) else call.unknown


def _product(call: Call) -> object:
    value = call.value(0, "a")
    items = known_items(value)
    if isinstance(items, tuple) and all(isinstance(item, (int, float)) for item in items):
        return prod(items)
    return call.unknown


def _numpy_product(call: Call) -> object:
    value = _product(call)
    return NumpyInteger(value) if is_integer(value) else value


def _train_test_split(call: Call) -> object:
    """`train_test_split`: splits each array in two."""
    share = call.value("test_size")
    share = 0.25 if share is None and call.value("train_size") is None else share
    parts: list[object] = []
    for argument in call.arguments:
        if not isinstance(argument.key, int):
            continue
        value = argument.value
        if isinstance(value, Unknown) and value.columns:
            parts += [_part_of_table(value, argument.node) for _ in range(2)]
            continue
        if isinstance(value, Unknown):
            value = Array(node=argument.node)
        if not isinstance(value, Array):
            parts += [Unknown(argument.node), Unknown(argument.node)]
            continue
        value.parts += 2
        split = {"is_ordered": False, "counts": None, "is_part": True, "whole": value, "parts": 0}
        shapes = [value.shape] * 2
        if value.shape:
            sizes = _split_sizes(value.shape[0], share) or (call.unknown, call.unknown)
            shapes = [(size, *value.shape[1:]) for size in sizes]
        parts += [value.replace_fields(shape=shape, is_rest=bool(at), **split) for at, shape in enumerate(shapes)]
    return tuple(parts)


def _split_sizes(count: object, share: object) -> tuple[object, object] | None:
    """The sizes of both parts of a split; None where they are not known."""
    if not is_integer(count) or isinstance(share, bool) or not isinstance(share, (int, float)):
        return None
    held = ceil(count * share) if isinstance(share, float) else share
    return (count - held, held) if 0 < held < count else None


def _part_of_table(table: Unknown, node: ast.AST) -> Unknown:
    """A part of the rows of a table whose columns the program assigns."""
    part = Unknown(node)
    for name, column in table.columns.items():
        if isinstance(column, Array):
            part.columns[name] = array_values.with_length(column, Unknown(node)).replace_fields(is_part=True)
    return part


def _unique(call: Call) -> object:
    labels = call.value(0, "ar")
    if isinstance(labels, Array) and labels.encoding == "integer" and is_integer(labels.classes):
        return Array((labels.classes,), labels.dtype, labels.range, node=call.node)
    return call.unknown


def _identity(call: Call) -> object:
    value = call.value(0)
    return value if isinstance(value, Array) else call.unknown


def _generator(call: Call) -> object:
    """A random number generator, whose methods are named like the functions of `numpy.random`."""
    return Ref(("numpy", "random"), "numpy")


def _tensor_shape(call: Call) -> object:
    shape = call.argument(0, "dims")
    return call.unknown if shape is None else shape.value


_ELEMENTWISE = tuple("sin cos tan tanh exp log log1p log10 sqrt square abs".split())

_ROWS: tuple[tuple[Function, str], ...] = (
    (partial(_full, value=0), "numpy.zeros tensorflow.zeros keras.ops.zeros"),
    (partial(_full, value=1), "numpy.ones tensorflow.ones keras.ops.ones"),
    (_full, "numpy.full"),
    (partial(_full_like, value=0), "numpy.zeros_like"),
    (partial(_full_like, value=1), "numpy.ones_like"),
    (_full_like, "numpy.full_like"),
    (_empty, "numpy.empty"),
    (_eye, "numpy.eye numpy.identity"),
    (_linspace, "numpy.linspace"),
    (_stack, "numpy.stack"),
    (_array, "numpy.array numpy.asarray tensorflow.constant tensorflow.convert_to_tensor"),
    (
        _identity,
        "numpy.float32 numpy.copy numpy.random.permutation tensorflow.image.random_flip_left_right "
        "tensorflow.image.random_flip_up_down tensorflow.image.flip_left_right pandas.DataFrame pandas.Series",
    ),
    (_repeat, "numpy.repeat"),
    (_concatenate, "numpy.concatenate tensorflow.concat"),
    (partial(_concatenate, axis=0), "numpy.vstack"),
    (partial(_concatenate, axis=1), "numpy.hstack"),
    (_expand_dims, "numpy.expand_dims tensorflow.expand_dims"),
    (_reshape_array, "numpy.reshape"),
    (_reshape, "tensorflow.reshape"),
    (_argmax, "numpy.argmax tensorflow.argmax"),
    (_cast, "tensorflow.cast keras.ops.cast keras.backend.cast"),
    (_normalize, "keras.utils.normalize sklearn.preprocessing.normalize"),
    *((partial(_elementwise, name=name), f"numpy.{name}") for name in _ELEMENTWISE),
    (resized, "tensorflow.image.resize keras.ops.image.resize"),
    (converted, "tensorflow.image.convert_image_dtype"),
    (_one_hot, "tensorflow.one_hot keras.ops.one_hot"),
    (_unique, "numpy.unique"),
    (_product, "math.prod"),
    (_numpy_product, "numpy.prod numpy.product"),
    (_tensor_shape, "tensorflow.TensorShape"),
    (_generator, "numpy.random.default_rng numpy.random.RandomState"),
    (_RandomFunction(0), "numpy.random.random numpy.random.random_sample"),
    (_RandomFunction(None, (0, 1)), "numpy.random.rand"),
    (_RandomFunction(None, None), "numpy.random.randn"),
    (_RandomFunction(0, None), "numpy.random.standard_normal tensorflow.random.normal keras.random.normal"),
    (_RandomFunction(2, None), "numpy.random.normal"),
    (_RandomFunction(2, limits=("low", "high")), "numpy.random.uniform"),
    (_RandomFunction(0, limits=("minval", "maxval")), "tensorflow.random.uniform keras.random.uniform"),
    (_RandomFunction(2, None, ("low", "high"), True), "numpy.random.randint numpy.random.integers"),
    (_RandomFunction(0, None, ("minval", "maxval"), True), "keras.random.randint"),
    (_choice, "numpy.random.choice"),
    (_dirichlet, "numpy.random.dirichlet"),
    (_train_test_split, "sklearn.model_selection.train_test_split sklearn.cross_validation.train_test_split"),
    (get_dummies, "pandas.get_dummies"),
    (factorize, "pandas.factorize"),
    (from_tensor_slices, "tensorflow.data.Dataset.from_tensor_slices"),
)

FUNCTIONS = {name: function for function, names in _ROWS for name in names.split()}
"""The functions by full name."""
