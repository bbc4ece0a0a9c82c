"""Measures the data of a spec: sizes, shapes, ranges and class counts, as facts for the rules."""

from __future__ import annotations

import numpy as np

from seqspec.core.api.check import CheckedSpec
from seqspec.core.api.language import MEASURED, Override
from seqspec.training.data.labels import known_classes, objective_of
from seqspec.training.data.prepared import PreparedData
from seqspec.training.data.stored import Values, chunks
from seqspec.training.records import JsonObject

_LARGE_LABEL = 100


def facts_of(data: PreparedData, *, ranges: bool = True) -> JsonObject:
    """Plain data: for each set its samples, shape, dtype, range and class counts; then classes, fills and files.

    Ranges of data on disk need a pass over all of it.
    """
    counts = data.class_counts()
    sets = {}
    for name, samples in data.sets.items():
        described: dict[str, object] = {
            "samples": len(samples),
            "shape": list(samples.x.shape[1:]),
            "dtype": "string" if samples.x.dtype == object else str(samples.x.dtype),
        }
        if ranges and samples.x.dtype != object and samples.x.size:
            described["range"] = _range(samples.x)
        if name in counts:
            described["class_counts"] = counts[name]
        sets[name] = described
    return {
        "sets": sets,
        "classes": data.labels.class_names(),
        "dropped": data.dropped,
        "fills": None if data.fills is None else [_plain(value) for value in data.fills],
        "files": len(data.files),
    }


def measured_overrides(data: PreparedData, checked: CheckedSpec) -> list[Override]:
    """The facts that the spec omits, so that every rule uses the measured data."""
    written = checked.spec.tree.get("data", {})
    # The parts of one source have the same unit, even if the largest values are in one of them.
    one_source = "source" in written
    overrides = []
    for name, described in facts_of(data, ranges=not data.train.streams)["sets"].items():
        known = written.get(name, {})
        for key in ("samples", "shape", "dtype", "range"):
            if key in described and key not in known and not (one_source and key == "range" and name != "train"):
                overrides.append(_measured("data", name, key, value=described[key]))
    return overrides + _target_overrides(data, checked)


def _measured(*path: str, value: object) -> Override:
    return Override.of(path, value, origin=MEASURED)


def _target_overrides(data: PreparedData, checked: CheckedSpec) -> list[Override]:
    """The class counts, and what else of `[target]` the loss implies if the spec omits the table."""
    counts = data.class_counts().get("train")
    target = checked.spec.tree.get("target")
    labels = data.labels
    if labels.kind == "regression" and target is not None and "range" not in target:
        return _label_range(data)
    if target is None and labels.kind is None and _is_scale_sensitive(checked):
        return _large_labels(data)
    if counts is None or labels.kind is None or not _one_class_per_sample(data):
        return []
    if target is None:
        # Further outputs are classes without samples.
        units = checked.layers[-1].outputs[0].dims[-1]
        assert isinstance(units, int)
        counts += [0] * (units - len(counts))
        overrides = [_measured("target", "kind", value=labels.kind)]
        if labels.kind == "multiclass":
            overrides.append(_measured("target", "classes", value=len(counts)))
        if labels.one_hot:
            overrides.append(_measured("target", "encoding", value="one_hot"))
        return [*overrides, _measured("target", "class_counts", value=counts)]
    if "class_counts" not in target and target.get("kind") in ("binary", "multiclass"):
        return [_measured("target", "class_counts", value=counts)]
    return []


def _label_range(data: PreparedData) -> list[Override]:
    """The range of the training labels of a regression."""
    y = data.train.y
    if y is None or not y.size or y.dtype.kind not in "fiu":
        return []
    return [_measured("target", "range", value=_range(y))]


def _range(values: Values) -> list[int | float]:
    """The smallest and the largest number."""
    spans = [(part.min(), part.max()) for _, part in chunks(values)]
    return [_plain(min(low for low, _ in spans)), _plain(max(high for _, high in spans))]


def _is_scale_sensitive(checked: CheckedSpec) -> bool:
    """Whether the loss compares one number per sample with its label."""
    if not checked.layers:
        return False
    objective = objective_of(checked.spec)
    outputs = checked.layers[-1].outputs[0].dims[1:]
    return objective is not None and "scale_sensitive" in objective.traits and outputs == (1,)


def _large_labels(data: PreparedData) -> list[Override]:
    """A regression with the range of the labels, if they are so large that they are not classes or small scores."""
    y = data.train.y
    if y is None or y.ndim > 2 or not y.size or y.dtype.kind not in "fiu" or abs(np.asarray(y)).max() <= _LARGE_LABEL:
        return []
    return [_measured("target", "kind", value="regression"), *_label_range(data)]


def _one_class_per_sample(data: PreparedData) -> bool:
    """Whether every sample counts once: Keras has no class weights for maps of classes."""
    indices = known_classes(data.train.y, data.labels)
    return indices is not None and len(indices) == len(data.train)


def _plain(value: np.generic) -> int | float:
    number = value.item()
    if isinstance(number, bool) or np.issubdtype(value.dtype, np.integer):
        return int(number)
    # The shortest number that is read as the same float32.
    return float(str(value))
