"""Labels that scikit-learn and pandas encode, and data sets of `tf.data`, as far as the program determines them."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

from seqspec.programs import arrays
from seqspec.programs.functions import call_function
from seqspec.programs.values import (
    Argument,
    Batches,
    Call,
    CustomObject,
    Data,
    Function,
    Unknown,
    is_integer,
    known_items,
)

if TYPE_CHECKING:
    from seqspec.programs.interpreter import Interpreter

ENCODERS = ("LabelEncoder", "LabelBinarizer")
"""Classes of `sklearn.preprocessing` that encode labels."""

_FITTING = ("fit", "fit_transform")
_SAME_ELEMENTS = ("shuffle", "repeat", "prefetch", "cache", "with_options")
_FEWER_ELEMENTS = ("take", "skip", "filter", "shard")


def encoded(interpreter: Interpreter, encoder: CustomObject, name: str, call: Call) -> object:
    """The result of a method of a label encoder."""
    given = call.value(0, "y")
    counts = _counts(given)
    if name in _FITTING:
        classes = len(counts) if counts is not None else _classes(given) or call.unknown
        interpreter.journal.set_attribute(encoder, "classes", classes)
    if name == "fit":
        return encoder
    if name not in ("transform", "fit_transform"):
        return call.unknown
    return _with_classes(encoder, _count(given, call.node), counts if name in _FITTING else None, call.node)


def _with_classes(encoder: CustomObject, count: object, counts: list[int] | None, node: ast.Call) -> object:
    classes = encoder.classes
    known = is_integer(classes)
    if encoder.name == "LabelEncoder":
        bounds = (0, classes - 1) if is_integer(classes) else None
        each = dict(enumerate(counts)) if counts is not None else None
        return Data((count,), "int64", bounds, "integer", classes, node, each)
    made = encoder.node
    by_default = isinstance(made, ast.Call) and not made.args and not made.keywords
    if not known or not by_default:
        return Unknown(node)
    if classes == 2:
        # One column of 0 and 1.
        return Data((count, 1), "int64", (0, 1), "integer", 2, node)
    return Data((count, classes), "int64", (0, 1), "one_hot", classes, node)


def dummies(call: Call) -> object:
    """`pandas.get_dummies` of one column: one-hot labels with a column per value, in the order of the values."""
    given = call.value(0, "data")
    plain = all(argument.key in (0, "data", "dtype", "prefix") for argument in call.arguments)
    counts = _counts(given)
    classes: object = len(counts) if counts is not None else _classes(given)
    if not plain or classes is None:
        return Data(None, None, (0, 1), "one_hot", call.unknown, call.node)
    return Data((_count(given, call.node), classes), "bool", (0, 1), "one_hot", classes, call.node)


def _counts(values: object) -> list[int] | None:
    """How often each value of a list occurs, in the order of the values; None where the list is not known."""
    items = known_items(values)
    if not isinstance(items, (tuple, list)) or not items:
        return None
    if not (all(isinstance(item, str) for item in items) or all(is_integer(item) for item in items)):
        return None
    counts = Counter(items)
    return [counts[value] for value in sorted(counts)]


def _classes(values: object) -> int | None:
    """The number of different labels of an array."""
    if not isinstance(values, Data):
        return None
    if values.counts is not None:
        return len(values.counts)
    return values.classes if values.encoding == "integer" and is_integer(values.classes) else None


def _count(values: object, node: ast.AST) -> object:
    if isinstance(values, Data) and values.shape:
        return values.shape[0]
    items = known_items(values)
    return len(items) if isinstance(items, (tuple, list)) else Unknown(node)


def from_tensor_slices(call: Call) -> object:
    """`tf.data.Dataset.from_tensor_slices((x, y))`: single samples with their labels."""
    given = call.value(0, "tensors")
    if not isinstance(given, tuple) or len(given) != 2:
        return call.unknown
    return Batches(given, False)


def of_batches(interpreter: Interpreter, value: Batches, name: str, call: Call) -> object:
    """The result of a method of a data set."""
    if name in _SAME_ELEMENTS:
        return value
    if name in _FEWER_ELEMENTS:
        return Batches(
            tuple(arrays.some(v, call.node) if isinstance(v, Data) else v for v in value.items), value.batched
        )
    if name == "batch" and not value.batched:
        return Batches(value.items, True)
    function = call.value(0, "map_func")
    if name == "map" and isinstance(function, Function):
        elements = [item if value.batched else _element(item, call.node) for item in value.items]
        made = call_function(
            interpreter, function, [Argument(i, e, call.node) for i, e in enumerate(elements)], call.node
        )
        if isinstance(made, tuple) and len(made) == 2:
            mapped = zip(made, value.items)
            return Batches(
                tuple(item if value.batched else _joined(item, whole, call.node) for item, whole in mapped),
                value.batched,
            )
    return call.unknown


def _element(value: object, node: ast.AST) -> object:
    """One sample of an array."""
    if not isinstance(value, Data) or not value.shape:
        return Unknown(node)
    return value.replaced(shape=value.shape[1:], counts=None)


def _joined(value: object, whole: object, node: ast.AST) -> object:
    """The array of all samples, from a mapped one and the array before."""
    count = whole.shape[0] if isinstance(whole, Data) and whole.shape else Unknown(node)
    if not isinstance(value, Data) or value.shape is None:
        return Unknown(node)
    return value.replaced(shape=(count, *value.shape))
