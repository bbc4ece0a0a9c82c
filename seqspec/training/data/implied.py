"""The kind of labels that the loss implies where the spec has no `[target]`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from seqspec.core.analysis.analyze import AnalysisResult
from seqspec.core.analysis.training.loss_compatibility import find_objective_for
from seqspec.training.data.labels import LabelEncoding
from seqspec.training.data.prepare import PreparedData
from seqspec.training.data.stored import Values, chunks


def with_implied_classes(analysis: AnalysisResult, data: PreparedData) -> PreparedData:
    """The data with the kind of its labels, where a cross-entropy says that they are classes."""
    spec, y = analysis.spec, data.train.y
    if spec is None or spec.target is not None or spec.compile is None or y is None or not analysis.report.layers:
        return data
    output = analysis.report.layers[-1].output
    if isinstance(output, list) or not output.sample:
        return data
    objective = find_objective_for(spec.compile.loss, spec.tree["compile"].get("loss"), None, output)
    units = output.sample[-1]
    if objective is None or not isinstance(units, int):
        return data
    labels = _implied(data.labels, objective.traits, units, y)
    return data if labels is None else replace(data, labels=labels)


def _implied(labels: LabelEncoding, traits: frozenset[str], units: int, y: Values) -> LabelEncoding | None:
    """The encoding of labels `y` that such a loss compares with `units` outputs; None if they are not classes."""
    if "sparse" in traits:
        # With names the classes are known, and the model may have more outputs.
        return replace(labels, kind="multiclass", classes=labels.classes or units)
    if "categorical" in traits and y.ndim > 1 and y.shape[-1] == units > 1 and _is_one_hot(y):
        return replace(labels, kind="multiclass", classes=units, one_hot=True)
    if "binary" in traits and units == 1 and _is_zero_or_one(y):
        return replace(labels, kind="binary", classes=2)
    return None


def _is_one_hot(y: Values) -> bool:
    return _is_zero_or_one(y) and all((part.sum(axis=-1) == 1).all() for _, part in chunks(y))


def _is_zero_or_one(y: Values) -> bool:
    return all(bool(np.isin(part, (0, 1)).all()) for _, part in chunks(y))
