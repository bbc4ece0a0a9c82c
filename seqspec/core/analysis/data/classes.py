"""Facts about the classes: their number, names and sample counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.objects import CustomUse, Named
from seqspec.core.document.target import Binary, Multiclass, Multilabel, Target
from seqspec.core.document.training_tables import Compile


def class_count(target: Target | None) -> int | None:
    """The number of mutually exclusive classes; None for other labels."""
    if isinstance(target, Binary):
        return 2
    return target.classes if isinstance(target, Multiclass) else None


def label_count(target: Target | None) -> int | None:
    """The number of classes, including multi-label targets."""
    return target.classes if isinstance(target, Multilabel) else class_count(target)


def counts_of(target: Target | None) -> Sequence[int] | None:
    """The number of samples per class, in class order; None if unknown."""
    counts = target.class_counts if target is not None else None
    if counts is None or class_count(target) is None:
        return None
    if not isinstance(counts, Mapping):
        classes = list(counts)
    elif target is not None and target.names is not None and set(counts) == set(target.names):
        classes = [counts[name] for name in target.names]
    elif all(str(number) in counts for number in range(len(counts))):
        classes = [counts[str(number)] for number in range(len(counts))]
    else:
        return None
    return classes if len(classes) == class_count(target) else None


def imbalance(target: Target | None) -> float | None:
    """The ratio of the largest to the smallest class size; None if unknown."""
    counts = counts_of(target)
    return max(counts) / min(counts) if counts and min(counts) > 0 else None


def watches_rare_classes(compiled: Compile | None) -> bool:
    """Whether the loss or a metric reflects performance on rare classes; custom metrics are assumed to."""
    if compiled is None:
        return False
    shown = _flat([compiled.metrics, compiled.weighted_metrics, compiled.loss])
    return any(isinstance(entry, CustomUse) or "rare_classes" in _traits(entry) for entry in shown)


def _traits(declared: object) -> frozenset[str]:
    """The traits of a loss or metric, for any of its spellings."""
    if isinstance(declared, Named):
        return frozenset() if declared.stands_for is None else declared.stands_for.traits
    return declared.traits if isinstance(declared, KerasObject) else frozenset()


def _flat(value: object) -> list[object]:
    if isinstance(value, Mapping):
        return _flat(list(value.values()))
    if isinstance(value, (list, tuple)):
        return [item for entry in value for item in _flat(entry)]
    return [value]
