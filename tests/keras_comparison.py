"""Compares the facts of seqspec about a stack with those of Keras; each difference is one line of text."""

from __future__ import annotations

from typing import Any

import seqspec
from tests.introspection import KERAS
from tests.keras_oracle import Verdict, judge


def differences(model: dict[str, Any], policy: str | None = None) -> list[str]:
    """Every disagreement between `seqspec.check` and the installed Keras on a `model` table; mostly none."""
    document: dict[str, Any] = {"seqspec": 1, "keras": "=={}.{}.*".format(*KERAS), "model": model}
    if policy:
        document["runtime"] = {"dtype_policy": policy}
    return compare(seqspec.check(document), judge(model, policy))


def compare(report: Any, verdict: Verdict) -> list[str]:
    """The disagreements between a report and a verdict on the same stack."""
    errors = [d for d in report.diagnostics if d.severity == "error"]
    if verdict.accepts != (not errors):
        said = f"{errors[0].pointer}: {errors[0].message}" if errors else "ok"
        return [f"verdict: Keras {'accepts' if verdict.accepts else 'refuses'} ({verdict.error}), seqspec says {said}"]
    found: list[str] = []
    if not verdict.accepts and verdict.blamed is not None:
        blamed = {_layer_index(d.pointer) for d in errors}
        if verdict.blamed not in blamed:
            found.append(
                f"blame: Keras blames layer {verdict.blamed} ({verdict.error}), "
                f"seqspec {sorted(blamed)}: {errors[0].message}"
            )
    for index, (ours, theirs) in enumerate(zip(report.layers, verdict.layers)):
        outputs = (
            ours.output
            if isinstance(ours.output, (list, tuple)) and not hasattr(ours.output, "dims")
            else [ours.output]
        )
        mine = [(tuple(spec.shape), spec.dtype) for spec in outputs]
        if mine != theirs.outputs:
            found.append(f"layer {index} ({ours.type}) output: seqspec {mine}, Keras {theirs.outputs}")
        weights = [(w.name, tuple(w.shape), w.dtype, w.trainable) for w in ours.weights]
        if weights != theirs.weights:
            found.append(f"layer {index} ({ours.type}) weights: seqspec {weights}, Keras {theirs.weights}")
        if found:
            break
    if verdict.accepts and len(report.layers) != len(verdict.layers):
        found.append(f"length: seqspec lists {len(report.layers)} layers, Keras {len(verdict.layers)}")
    return found


def _layer_index(pointer: str) -> int:
    parts = pointer.split("/")
    if parts[1:3] == ["model", "layers"] and len(parts) > 3:
        return int(parts[3])
    return -1
