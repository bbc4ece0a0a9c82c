"""Labels that scikit-learn and pandas encode, and data sets of `tf.data`, as far as the program determines them."""

from __future__ import annotations

import ast
from collections import Counter

from seqspec.programs.python.functions import call_function
from seqspec.programs.python.interpreter import Interpreter
from seqspec.programs.values import array_values
from seqspec.programs.values.abstract_values import (
    Argument,
    Array,
    Call,
    CustomValue,
    Dict,
    FunctionValue,
    InputPipeline,
    Unknown,
    is_integer,
    known_items,
)

ENCODERS = ("LabelEncoder", "LabelBinarizer", "OneHotEncoder")
"""Classes of `sklearn.preprocessing` that encode labels."""

_FITTING_METHODS = ("fit", "fit_transform")
_ORDERING_METHODS = ("shuffle", "repeat", "prefetch", "cache", "with_options")
_SELECTING_METHODS = ("take", "skip", "filter", "shard")


def encoder_method(interpreter: Interpreter, encoder: CustomValue, name: str, call: Call) -> object:
    """The result of a method of a label encoder."""
    labels = call.value(0, "y", "X")
    counts = _value_counts(labels)
    if name in _FITTING_METHODS:
        classes = len(counts) if counts is not None else _class_count(labels) or call.unknown
        interpreter.journal.set_attribute(encoder, "classes", classes)
    if name == "fit":
        return encoder
    if name not in ("transform", "fit_transform"):
        return call.unknown
    if encoder.name == "OneHotEncoder":
        return _one_hot_column(encoder, labels, call)
    return _encode(encoder, _sample_count(labels, call.node), counts if name in _FITTING_METHODS else None, call.node)


def _encode(encoder: CustomValue, count: object, counts: list[int] | None, node: ast.Call) -> object:
    classes = encoder.classes
    known = is_integer(classes)
    if encoder.name == "LabelEncoder":
        bounds = (0, classes - 1) if is_integer(classes) else None
        frequencies = dict(enumerate(counts)) if counts is not None else None
        return Array((count,), "int64", bounds, "integer", classes, node, frequencies)
    creation = encoder.node
    by_default = isinstance(creation, ast.Call) and not creation.args and not creation.keywords
    if not known or not by_default:
        return Unknown(node)
    if classes == 2:
        # One column of 0 and 1.
        return Array((count, 1), "int64", (0, 1), "integer", 2, node)
    return Array((count, classes), "int64", (0, 1), "one_hot", classes, node)


def _one_hot_column(encoder: CustomValue, labels: object, call: Call) -> object:
    """One column of labels as one-hot rows; other columns are features."""
    is_label = isinstance(labels, Array) and labels.encoding == "integer" and labels.shape is not None
    if not is_label or not isinstance(labels, Array) or labels.shape is None or labels.shape[1:] != (1,):
        return call.unknown
    if any(key in ("drop", "categories", "min_frequency", "max_categories") for key in _keywords(encoder.node)):
        return call.unknown
    return Array((labels.shape[0], encoder.classes), "float64", (0, 1), "one_hot", encoder.classes, call.node)


def _keywords(node: ast.AST) -> list[str | None]:
    return [keyword.arg for keyword in node.keywords] if isinstance(node, ast.Call) else []


def mapped(call: Call) -> object:
    """`table["kind"].map({"a": 0, "b": 1})`: class indices, if the new values are those from 0."""
    table = call.value(0, "arg")
    if not isinstance(table, Dict) or table.unknown is not None or not table.items:
        return call.unknown
    values = set(table.items.values())
    if not all(is_integer(value) for value in values) or values != set(range(len(values))):
        return call.unknown
    count = Unknown(call.node, text="?")
    return Array((count,), "int64", (0, len(values) - 1), "integer", len(values), call.node)


def factorize(call: Call) -> object:
    """`pandas.factorize`: class indices and the values that they stand for."""
    kinds, count = Unknown(call.node, text="?"), Unknown(call.node, text="?")
    return (Array((count,), "int64", None, "integer", kinds, call.node), call.unknown)


def category_codes(node: ast.expr) -> object:
    """`column.cat.codes` or `pd.Categorical(column).codes`: class indices."""
    owner = node.value if isinstance(node, ast.Attribute) else None
    called = owner.func if isinstance(owner, ast.Call) else owner
    if not isinstance(called, ast.Attribute) or called.attr not in ("cat", "Categorical"):
        return Unknown(node)
    return Array((Unknown(node, text="?"),), "int8", None, "integer", Unknown(node, text="?"), node)


def get_dummies(call: Call) -> object:
    """`pandas.get_dummies` of one column: one-hot labels with a column per value, in the order of the values."""
    labels = call.value(0, "data")
    plain = all(argument.key in (0, "data", "dtype", "prefix") for argument in call.arguments)
    counts = _value_counts(labels)
    classes: object = len(counts) if counts is not None else _class_count(labels)
    if classes is None and _is_column(labels):
        classes = Unknown(call.node, text="?")
    if not plain or classes is None:
        return Array(None, None, (0, 1), node=call.node)
    return Array((_sample_count(labels, call.node), classes), "bool", (0, 1), "one_hot", classes, call.node)


def _is_column(value: object) -> bool:
    """Whether an unknown value is a column of a table: `table["kind"]`."""
    node = value.node if isinstance(value, Unknown) else None
    key = node.slice if isinstance(node, ast.Subscript) else None
    return isinstance(key, ast.Constant) and isinstance(key.value, str)


def _value_counts(values: object) -> list[int] | None:
    """How often each value of a list occurs, in the order of the values; None where the list is not known."""
    items = known_items(values)
    if not isinstance(items, (tuple, list)) or not items:
        return None
    if not (all(isinstance(item, str) for item in items) or all(is_integer(item) for item in items)):
        return None
    counts = Counter(items)
    return [counts[value] for value in sorted(counts)]


def _class_count(values: object) -> int | None:
    """The number of different labels of an array."""
    if not isinstance(values, Array):
        return None
    if values.counts is not None:
        return len(values.counts)
    return values.classes if values.encoding == "integer" and is_integer(values.classes) else None


def _sample_count(values: object, node: ast.AST) -> object:
    if isinstance(values, Array) and values.shape:
        return values.shape[0]
    items = known_items(values)
    return len(items) if isinstance(items, (tuple, list)) else Unknown(node)


def from_tensor_slices(call: Call) -> object:
    """`tf.data.Dataset.from_tensor_slices((x, y))`: single samples with their labels."""
    tensors = call.value(0, "tensors")
    if not isinstance(tensors, tuple) or len(tensors) != 2:
        return call.unknown
    return InputPipeline(tensors, 0, call.node)


def dataset_method(interpreter: Interpreter, value: InputPipeline, name: str, call: Call) -> object:
    """The result of a method of a data set."""
    if name in _ORDERING_METHODS:
        return value
    if name in _SELECTING_METHODS:
        return value.with_items(
            tuple(array_values.with_length(v, Unknown(call.node)) if isinstance(v, Array) else v for v in value.items)
        )
    if name in ("batch", "unbatch"):
        batches = max(value.batches + (1 if name == "batch" else -1), 0)
        return InputPipeline(value.items, batches, call.node, value.is_augmented, value.subset)
    function = call.value(0, "map_func")
    if name == "map" and isinstance(function, FunctionValue) and value.batches < 2:
        elements = [item if value.batches else _sample(item, call.node) for item in value.items]
        mapped_elements = call_function(
            interpreter, function, [Argument(i, e, call.node) for i, e in enumerate(elements)], call.node
        )
        if isinstance(mapped_elements, tuple) and len(mapped_elements) == 2:
            mapped = zip(mapped_elements, value.items)
            return value.with_items(
                tuple(item if value.batches else _collect(item, whole, call.node) for item, whole in mapped)
            )
    return call.unknown


def _sample(value: object, node: ast.AST) -> object:
    """One sample of an array."""
    if not isinstance(value, Array) or not value.shape:
        return Unknown(node)
    return value.replace_fields(shape=value.shape[1:], counts=None)


def _collect(value: object, whole: object, node: ast.AST) -> object:
    """The array of all samples, from a mapped one and the array before."""
    count = whole.shape[0] if isinstance(whole, Array) and whole.shape else Unknown(node)
    if not isinstance(value, Array) or value.shape is None:
        return Unknown(node)
    return value.replace_fields(shape=(count, *value.shape))
