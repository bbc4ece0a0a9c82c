"""What the data of a spec is really like: sizes, shapes, ranges, class counts, as facts for the rules."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from seqspec.document.document import DocumentSpec
from seqspec.training.data.prepare import PreparedData
from seqspec.training.data.stored import chunks


def facts_of(data: PreparedData) -> dict[str, Any]:
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


def measured_settings(data: PreparedData, spec: DocumentSpec) -> list[str]:
    """The facts that the spec leaves out, as `--set` takes them, so that every rule sees the real data."""
    facts = facts_of(data)
    written = spec.tree.get("data", {})
    settings = []
    for name, described in facts["sets"].items():
        known = written.get(name, {})
        for key in ("samples", "shape", "dtype", "range"):
            if key in described and key not in known:
                settings.append(f"data.{name}.{key}={json.dumps(described[key])}")
    train = facts["sets"]["train"]
    target = spec.tree.get("target")
    if target is None or "class_counts" not in train:
        return settings
    counts = train["class_counts"]
    if "class_counts" not in target and target.get("kind") in ("binary", "multiclass"):
        settings.append(f"target.class_counts={json.dumps(counts)}")
    return settings


def _plain(value: Any) -> int | float:
    number = value.item()
    return int(number) if isinstance(number, bool) or np.issubdtype(value.dtype, np.integer) else float(number)
