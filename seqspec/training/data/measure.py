"""Measures the data of a spec: sizes, shapes, ranges and class counts, as facts for the rules."""

from __future__ import annotations

import json

import numpy as np

from seqspec.document.document import DocumentSpec
from seqspec.language.overrides import Measured
from seqspec.training.data.prepare import PreparedData
from seqspec.training.data.stored import chunks
from seqspec.training.records import JsonObject


def facts_of(data: PreparedData) -> JsonObject:
    """Plain data: for each set its samples, shape, dtype, range and class counts; then classes, fills and files."""
    counts = data.class_counts()
    sets = {}
    for name, each in data.sets.items():
        described: dict[str, object] = {
            "samples": len(each),
            "shape": list(each.x.shape[1:]),
            "dtype": "string" if each.x.dtype == object else str(each.x.dtype),
        }
        if each.x.dtype != object and each.x.size:
            spans = [(part.min(), part.max()) for _, part in chunks(each.x)]
            described["range"] = [_plain(min(low for low, _ in spans)), _plain(max(high for _, high in spans))]
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


def measured_settings(data: PreparedData, spec: DocumentSpec) -> list[Measured]:
    """The facts that the spec omits, in the syntax of `--set`, so that every rule uses the measured data."""
    facts = facts_of(data)
    written = spec.tree.get("data", {})
    settings = []
    for name, described in facts["sets"].items():
        known = written.get(name, {})
        for key in ("samples", "shape", "dtype", "range"):
            if key in described and key not in known:
                settings.append(Measured(f"data.{name}.{key}={json.dumps(described[key])}"))
    train = facts["sets"]["train"]
    target = spec.tree.get("target")
    if target is None or "class_counts" not in train:
        return settings
    counts = train["class_counts"]
    if "class_counts" not in target and target.get("kind") in ("binary", "multiclass"):
        settings.append(Measured(f"target.class_counts={json.dumps(counts)}"))
    return settings


def _plain(value: np.generic) -> int | float:
    number = value.item()
    if isinstance(number, bool) or np.issubdtype(value.dtype, np.integer):
        return int(number)
    # The shortest number that is read as the same float32.
    return float(str(value))
