"""What `fit` says of labels and data, as the tables `[target]` and `[data]`: nothing that the program does not say."""

from __future__ import annotations

from typing import Any

from seqspec.importers.python.reading import Reading
from seqspec.importers.python.values import Data, Invocation


def describe(reading: Reading, fit: Invocation) -> None:
    """Adds the tables to the tree of a model that is trained."""
    labels, samples = fit.argument("y", 1), fit.argument("x", 0)
    if labels is not None and isinstance(labels.value, Data) and fit.method == "fit":
        table = _target(labels.value) or _by_loss(labels.value, reading.tree.get("compile", {}).get("loss"))
        if table:
            reading.tree["target"] = table
            reading.values["target",] = labels.node
    if samples is not None and isinstance(samples.value, Data) and fit.method == "fit":
        found = _samples(samples.value)
        if found:
            reading.tree.setdefault("data", {})["train"] = found
            reading.values["data", "train"] = samples.node


def _target(labels: Data) -> dict[str, Any]:
    classes = labels.classes
    if labels.encoding == "one_hot" and type(classes) is int and classes > 1 and len(labels.shape or ()) == 2:
        return {"kind": "multiclass", "classes": classes, "encoding": "one_hot"}
    if labels.encoding == "integer" and type(classes) is int:
        shape = labels.shape
        table: dict[str, object] = {"kind": "binary"} if classes == 2 else {"kind": "multiclass", "classes": classes}
        if shape is not None and len(shape) > 1 and all(type(size) is int for size in shape[1:]):
            table["shape"] = list(shape[1:])
        return table
    if labels.encoding == "number":
        return {"kind": "regression"}
    return {}


def _by_loss(labels: Data, loss: object) -> dict[str, Any]:
    """What integers from 0 on are, under a loss that takes class indices or yes and no."""
    name = loss.get("type") if isinstance(loss, dict) else loss
    if labels.encoding is not None or labels.dtype is None or "int" not in labels.dtype or labels.range is None:
        return {}
    low, high = labels.range
    if low != 0 or labels.shape is None or len(labels.shape) != 1 or type(high) is not int:
        return {}
    if name in ("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"):
        return {"kind": "multiclass", "classes": high + 1}
    if name in ("binary_crossentropy", "BinaryCrossentropy") and high == 1:
        return {"kind": "binary"}
    return {}


def _samples(samples: Data) -> dict[str, Any]:
    found: dict[str, object] = {}
    shape = samples.shape
    if shape and type(shape[0]) is int:
        found["samples"] = shape[0]
    if shape and len(shape) > 1 and all(type(size) is int for size in shape[1:]):
        found["shape"] = list(shape[1:])
    if samples.range is not None:
        found["range"] = list(samples.range)
    return found
