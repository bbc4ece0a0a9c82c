"""Data sets that packages bring or generate: their sizes, ranges and labels."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from seqspec.programs.values.abstract_values import Array, Call, Instance, is_integer

_IMAGES: dict[str, tuple[tuple[int, int], tuple[int, ...], int]] = {
    "mnist": ((60000, 10000), (28, 28), 10),
    "fashion_mnist": ((60000, 10000), (28, 28), 10),
    "cifar10": ((50000, 10000), (32, 32, 3), 10),
    "cifar100": ((50000, 10000), (32, 32, 3), 100),
}
"""The datasets of `keras.datasets` that hold images: samples for training and test, shape, classes."""

_TEXTS = {"imdb": (25000, 25000, 2), "reuters": (8982, 2246, 46)}
_NUMBERS = {"boston_housing": (404, 102, 13), "california_housing": (16512, 4128, 8)}

_TABLES: dict[str, tuple[int, int, int | None, tuple[float, float] | None]] = {
    "load_iris": (150, 4, 3, (0.1, 7.9)),
    "load_wine": (178, 13, 3, (0.13, 1680.0)),
    "load_breast_cancer": (569, 30, 2, (0.0, 4254.0)),
    "load_digits": (1797, 64, 10, (0.0, 16.0)),
    "load_diabetes": (442, 10, None, (-0.137767225690012, 0.198787989657293)),
}
"""The data sets of `sklearn.datasets`: samples, features, classes (None for regression), range of the features."""

_GENERATORS = {
    "make_classification": (100, 20, 2),
    "make_moons": (100, 2, 2),
    "make_circles": (100, 2, 2),
    "make_blobs": (100, 2, 3),
    "make_regression": (100, 100, None),
    "make_multilabel_classification": (100, 20, 5),
}
"""The generators of `sklearn.datasets`: samples, features and classes by default."""


_POSITIONS_OF_CLASSES = {"make_classification": (5,), "make_blobs": (2,), "make_multilabel_classification": (2,)}


def keras_dataset(name: str, call: Call, channels_first: bool = False) -> object:
    """The result of `keras.datasets.<name>.load_data()`: `(x_train, y_train), (x_test, y_test)`."""
    counts: Sequence[int]
    if name in _IMAGES:
        counts, shape, number = _IMAGES[name]
        if channels_first and len(shape) == 3:
            shape = (shape[2], *shape[:2])
        classes: int | None = number
        mode = call.value("label_mode", 0)
        if name == "cifar100" and mode is not None:
            classes = {"coarse": 20, "fine": 100}.get(mode) if isinstance(mode, str) else None
        samples = Array(shape, "uint8", (0, 255), node=call.node)
        indices = (0, classes - 1) if classes else None
        labels = Array((1,) if name.startswith("cifar") else (), "uint8", indices, "integer", classes, call.node)
    elif name in _TEXTS:
        *counts, kinds = _TEXTS[name]
        words = call.value("num_words", 1)
        others = [argument for argument in call.arguments if argument.key not in ("num_words", 1, "path", 0, "seed")]
        # Every index up to the limit occurs; 1 marks the start.
        bounds = (1, words - 1) if is_integer(words) and words <= 30_000 and not others else None
        samples = Array((), None, bounds, node=call.node)
        labels = Array((), "int64", (0, kinds - 1), "integer", kinds, call.node)
    elif name in _NUMBERS:
        *counts, features = _NUMBERS[name]
        samples = Array((features,), "float64", node=call.node)
        labels = Array((), "float64", None, "number", None, call.node)
    else:
        return call.unknown
    return tuple(
        tuple(array.replace_fields(shape=(count, *(array.shape or ()))) for array in (samples, labels))
        for count in counts
    )


_SORTED = ("load_iris", "load_wine")
"""The data sets of scikit-learn that are sorted by class."""


def sklearn_dataset(name: str, call: Call) -> object:
    """The return value of a function of `sklearn.datasets`; None for an unknown function."""
    if name in _TABLES:
        samples, features, classes, bounds = _TABLES[name]
        if call.value("n_class", "as_frame") is not None:
            return call.unknown
        data = Array((samples, features), "float64", bounds, node=call.node)
        target = _labels(samples, classes, call.node).replace_fields(is_ordered=name in _SORTED)
        if call.value("return_X_y") is True:
            return (data, target)
        return Instance(None, {"data": data, "target": target})
    if name in _GENERATORS:
        samples, features, classes = _GENERATORS[name]
        count = call.value(0, "n_samples")
        width = call.value(1, "n_features") if name not in ("make_moons", "make_circles") else None
        groups = call.value("n_classes", "centers", *_POSITIONS_OF_CLASSES.get(name, ()))
        targets = call.value("n_targets", 3) if name == "make_regression" else None
        if not all(value is None or is_integer(value) for value in (count, width, groups, targets)):
            return call.unknown
        if call.value("return_X_y", "return_centers", "return_indicator", "return_distributions") is not None:
            return call.unknown
        size = count if isinstance(count, int) else samples
        kinds = groups if isinstance(groups, int) and classes is not None else classes
        if isinstance(targets, int) and targets > 1:
            numbers = Array((size, targets), "float64", None, "number", None, call.node)
            return Array((size, features if width is None else width), "float64", node=call.node), numbers
        labels = _labels(size, kinds, call.node)
        if name == "make_multilabel_classification":
            labels = Array((size, kinds), "int64", (0, 1), "multi_hot", kinds, call.node)
        return Array((size, features if width is None else width), "float64", node=call.node), labels
    return None


def _labels(samples: int, classes: int | None, node: ast.AST) -> Array:
    if classes is None:
        return Array((samples,), "float64", None, "number", None, node)
    return Array((samples,), "int64", (0, classes - 1), "integer", classes, node)
