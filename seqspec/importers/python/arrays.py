"""Arrays of samples and labels: what a program says of their shape, range and encoding."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from seqspec.importers.python.values import Argument, BuiltinMethod, Data, Dict, Instance, List, Ref, Unknown

_IMAGES = {
    "mnist": ((60000, 10000), (28, 28), 10),
    "fashion_mnist": ((60000, 10000), (28, 28), 10),
    "cifar10": ((50000, 10000), (32, 32, 3), 10),
    "cifar100": ((50000, 10000), (32, 32, 3), 100),
}
"""The datasets of `keras.datasets` that hold images: samples for training and test, shape, classes."""

_TEXTS = {"imdb": (25000, 25000, 2), "reuters": (8982, 2246, 46)}
_NUMBERS = {"boston_housing": (404, 102, 13), "california_housing": (16512, 4128, 8)}
_KEPT = ("astype", "copy", "sort_values", "dropna", "sample", "to_numpy", "clip", "squeeze_", "tolist_")
"""Methods that leave the shape of an array alone."""


def dataset(name: str, arguments: Sequence[Argument], node: ast.AST) -> Any:
    """What `keras.datasets.<name>.load_data()` returns: `(x_train, y_train), (x_test, y_test)`."""
    if name in _IMAGES:
        counts, shape, number = _IMAGES[name]
        classes: int | None = number
        given = next((a.value for a in arguments if a.key in ("label_mode", 0)), None)
        if name == "cifar100" and given is not None:
            classes = {"coarse": 20, "fine": 100}.get(given) if isinstance(given, str) else None
        labels = (1,) if name.startswith("cifar") else ()
        return tuple(
            (
                Data((count, *shape), "uint8", (0, 255), node=node),
                Data((count, *labels), "uint8", (0, classes - 1) if classes else None, "integer", classes, node),
            )
            for count in counts
        )
    if name in _TEXTS:
        train, test, kinds = _TEXTS[name]
        return tuple(
            (Data((count,), None, None, node=node), Data((count,), "int64", (0, kinds - 1), "integer", kinds, node))
            for count in (train, test)
        )
    if name in _NUMBERS:
        train, test, features = _NUMBERS[name]
        return tuple(
            (Data((count, features), "float64", None, node=node), Data((count,), "float64", None, "number", None, node))
            for count in (train, test)
        )
    return Unknown(node)


def attribute(value: Data, name: str, node: ast.expr) -> Any:
    """An attribute of an array."""
    if name == "shape":
        return value.shape if value.shape is not None else Unknown(node)
    if name == "ndim" and value.shape is not None:
        return len(value.shape)
    if name == "T":
        return value.replaced(shape=value.shape[::-1] if value.shape is not None else None)
    if name == "values":
        return value
    if name in ("dtype", "size", "nbytes", "iloc", "loc", "columns"):
        return Unknown(node)
    return BuiltinMethod(value, name)


def arithmetic(op: ast.operator, left: Any, right: Any, node: ast.AST) -> object:
    """An operator with an array on either side."""
    value, other = (left, right) if isinstance(left, Data) else (right, left)
    shape = value.shape
    if isinstance(other, Data) and other.shape != shape:
        shape = None
    found: tuple[float, float] | None = None
    if value.range is not None and isinstance(other, (int, float)) and not isinstance(other, bool):
        low, high = value.range
        try:
            ends = _ends(op, low, high, other, value is left)
            found = (min(ends), max(ends)) if ends is not None else None
        except (ArithmeticError, TypeError):
            found = None
    whole = value.encoding if found == value.range else None
    dtype = "float64" if isinstance(op, ast.Div) and (value.dtype or "").startswith(("uint", "int")) else value.dtype
    return Data(shape, dtype, found, whole, value.classes if whole else None, value.node)


def _ends(op: ast.operator, low: float, high: float, other: float, first: bool) -> tuple[float, float] | None:
    if isinstance(op, ast.Div) and first:
        return low / other, high / other
    if isinstance(op, ast.Mult):
        return low * other, high * other
    if isinstance(op, ast.Add):
        return low + other, high + other
    if isinstance(op, ast.Sub):
        return (low - other, high - other) if first else (other - low, other - high)
    return None


def sliced(value: Data, part: slice, node: ast.AST) -> object:
    """`array[a:b]`: some of the samples."""
    if value.shape is None or not value.shape:
        return value.replaced(shape=None)
    count = value.shape[0]
    left = len(range(count)[part]) if type(count) is int and part.step != 0 else Unknown(node)
    return value.replaced(shape=(left, *value.shape[1:]))


def item(value: Data, key: Any, node: ast.AST) -> Any:
    """`array[key]`: samples at other places, or a part of each."""
    if isinstance(key, int):
        return Data(node=value.node)
    return Data(None, value.dtype, value.range if value.encoding is None else None, node=value.node)


def method(value: Data, name: str, arguments: Sequence[Argument], node: ast.AST) -> Any:
    """A method of an array."""
    if name == "reshape":
        given = [a.value for a in arguments if isinstance(a.key, int)]
        if len(given) == 1 and isinstance(given[0], (tuple, List)):
            given = list(given[0].items if isinstance(given[0], List) else given[0])
        return value.replaced(shape=_reshaped(value.shape, given, node))
    if name == "astype":
        kind = arguments[0].value if arguments else None
        kind = kind.name if isinstance(kind, Ref) else kind
        return value.replaced(dtype=kind if isinstance(kind, str) else None)
    if name in _KEPT:
        return value
    if name in ("flatten", "ravel"):
        known = value.shape is not None and all(type(size) is int for size in value.shape)
        return value.replaced(shape=(prod(value.shape or ()),) if known else None)
    if name == "batch" or name in ("shuffle", "repeat", "prefetch", "cache", "map"):
        return Unknown(node)
    return Unknown(node)


def _reshaped(shape: tuple[Any, ...] | None, given: list[Any], node: ast.AST) -> tuple[object, ...] | None:
    if not given:
        return None
    sizes = list(given)
    if sizes.count(-1) == 1:
        rest = [size for size in sizes if not (type(size) is int and size == -1)]
        known = shape is not None and all(type(size) is int for size in (*shape, *rest))
        total = prod(shape) if known and shape is not None else 0
        missing = total // prod(rest) if known and prod(rest) else Unknown(node, text="?")
        sizes[[type(size) is int and size == -1 for size in sizes].index(True)] = missing
    return tuple(sizes) if all(isinstance(size, (int, Unknown)) for size in sizes) else None


Function = Callable[[list[Argument], ast.AST], Any]


def _argument(arguments: Sequence[Argument], *keys: str | int) -> Any:
    return next((a.value for key in keys for a in arguments if a.key == key), None)


def to_categorical(arguments: list[Argument], node: ast.AST) -> object:
    """Labels as one-hot rows."""
    labels = _argument(arguments, 0, "y", "x")
    classes = _argument(arguments, 1, "num_classes", "nb_classes")
    shape: tuple[object, ...] | None = None
    if isinstance(labels, Data):
        if classes is None:
            classes = labels.classes
        shape = labels.shape
    if type(classes) is not int and not isinstance(classes, Unknown):
        classes = Unknown(node)
    if shape is not None:
        # A last axis of one is dropped.
        shape = (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape), classes)
    return Data(shape, "float32", (0, 1), "one_hot", classes, node)


def _filled(low: float | None, high: float | None) -> Function:
    def made(arguments: list[Argument], node: ast.AST) -> Any:
        shape = _argument(arguments, 0, "shape", "size")
        if type(shape) is int:
            shape = (shape,)
        if isinstance(shape, List) and shape.lost is None:
            shape = shape.items
        known = isinstance(shape, tuple) and all(isinstance(size, (int, Unknown)) for size in shape)
        return Data(
            shape if known else None, None, (low, high) if low is not None and high is not None else None, node=node
        )

    return made


def _uniform(arguments: list[Argument], node: ast.AST) -> Any:
    low, high = _argument(arguments, 0, "low"), _argument(arguments, 1, "high")
    shape = _argument(arguments, 2, "size")
    shape = (shape,) if type(shape) is int else shape
    known = isinstance(shape, tuple) and all(isinstance(size, (int, Unknown)) for size in shape)
    bounded = isinstance(low, (int, float)) and isinstance(high, (int, float))
    return Data(shape if known else None, "float64", (low, high) if bounded else None, node=node)


def _random(arguments: list[Argument], node: ast.AST) -> Any:
    sizes = tuple(a.value for a in arguments if isinstance(a.key, int))
    return Data(sizes if all(isinstance(size, (int, Unknown)) for size in sizes) else None, node=node)


def _randint(arguments: list[Argument], node: ast.AST) -> Any:
    low, high = _argument(arguments, 0, "low"), _argument(arguments, 1, "high")
    if high is None:
        low, high = 0, low
    shape = _argument(arguments, 2, "size")
    shape = (shape,) if type(shape) is int else shape
    known = isinstance(shape, tuple) and all(isinstance(size, (int, Unknown)) for size in shape)
    bounds = (low, high - 1) if type(low) is int and type(high) is int else None
    # Numbers in a range may be labels or not; nothing says so.
    return Data(shape if known else None, "int64", bounds, node=node)


def _array(arguments: list[Argument], node: ast.AST) -> object:
    value = _argument(arguments, 0, "object", "a")
    if isinstance(value, Data):
        return value
    shape: list[int] = []
    numbers: list[float] = []
    if not isinstance(value, List) or not _measure(value, 0, shape, numbers):
        return Unknown(node)
    return Data(tuple(shape), None, (min(numbers), max(numbers)) if numbers else None, node=node)


def _measure(value: object, depth: int, shape: list[int], numbers: list[float]) -> bool:
    if isinstance(value, (int, float)):
        numbers.append(value)
        return depth == len(shape)
    items = value.items if isinstance(value, List) and value.lost is None else value
    if not isinstance(items, tuple) or depth > 8:
        return False
    if depth == len(shape):
        shape.append(len(items))
    return shape[depth] == len(items) and all(_measure(item, depth + 1, shape, numbers) for item in items)


def _expanded(arguments: list[Argument], node: ast.AST) -> object:
    value, axis = _argument(arguments, 0, "a"), _argument(arguments, 1, "axis")
    if not isinstance(value, Data) or value.shape is None or type(axis) is not int:
        return value.replaced(shape=None) if isinstance(value, Data) else Unknown(node)
    at = axis if axis >= 0 else len(value.shape) + 1 + axis
    return value.replaced(shape=(*value.shape[:at], 1, *value.shape[at:]))


def _function_reshape(arguments: list[Argument], node: ast.AST) -> object:
    value, shape = _argument(arguments, 0, "a"), _argument(arguments, 1, "newshape", "shape")
    given = Argument(0, shape, node)
    return method(value, "reshape", [given], node) if isinstance(value, Data) else Unknown(node)


def _product(arguments: list[Argument], node: ast.AST) -> Any:
    value = _argument(arguments, 0, "a")
    items = value.items if isinstance(value, List) and value.lost is None else value
    if isinstance(items, tuple) and all(isinstance(item, (int, float)) for item in items):
        return prod(items)
    return Unknown(node)


def _split(arguments: list[Argument], node: ast.AST) -> object:
    found: list[object] = []
    for argument in arguments:
        if isinstance(argument.key, int):
            value = argument.value
            if isinstance(value, Data) and value.shape:
                value = value.replaced(shape=(Unknown(node), *value.shape[1:]))
            elif not isinstance(value, Data):
                value = Unknown(argument.node)
            found += [value, value]
    return tuple(found)


def _dummies(arguments: list[Argument], node: ast.AST) -> object:
    return Data(None, None, (0, 1), "one_hot", Unknown(node), node)


def _unique(arguments: list[Argument], node: ast.AST) -> Any:
    labels = _argument(arguments, 0, "ar")
    if isinstance(labels, Data) and labels.encoding == "integer" and type(labels.classes) is int:
        return Data((labels.classes,), labels.dtype, labels.range, node=node)
    return Unknown(node)


def _unchanged(arguments: list[Argument], node: ast.AST) -> object:
    value = _argument(arguments, 0)
    return value if isinstance(value, Data) else Unknown(node)


FUNCTIONS: dict[str, Function] = {
    "numpy.zeros": _filled(0, 0),
    "numpy.ones": _filled(1, 1),
    "numpy.empty": _filled(None, None),
    "numpy.random.random": _filled(0, 1),
    "numpy.random.random_sample": _filled(0, 1),
    "numpy.random.rand": _random,
    "numpy.random.randn": _random,
    "numpy.random.randint": _randint,
    "numpy.random.uniform": _uniform,
    "numpy.array": _array,
    "numpy.asarray": _array,
    "numpy.expand_dims": _expanded,
    "tensorflow.expand_dims": _expanded,
    "numpy.reshape": _function_reshape,
    "numpy.prod": _product,
    "numpy.product": _product,
    "math.prod": _product,
    "sklearn.model_selection.train_test_split": _split,
    "sklearn.cross_validation.train_test_split": _split,
    "pandas.get_dummies": _dummies,
    "numpy.float32": _unchanged,
    "numpy.copy": _unchanged,
    "numpy.unique": _unique,
}
"""Functions of other packages that make arrays, or that sizes are worked out with."""


def namespace(values: dict[str, Any]) -> Instance:
    """An object with these attributes."""
    return Instance(None, values)


def entries(value: object) -> dict[Any, Any] | None:
    """The entries of a dict of the program."""
    return value.items if isinstance(value, Dict) and value.lost is None else None
