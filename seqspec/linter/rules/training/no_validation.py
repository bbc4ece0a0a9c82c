"""SEQ540 no-validation

What it does: finds a training on 500 samples or more of which none is kept for validation.

Why it hurts: the training loss falls even where a model only learns its samples by heart. Without validation nobody
sees it, and EarlyStopping and ReduceLROnPlateau have nothing to go by.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [target]
    kind = "binary"

    [data.train]
    samples = 6000

    [compile]
    optimizer = { type = "Adam", learning_rate = 1e-3 }
    loss = "binary_crossentropy"
    metrics = ["accuracy"]

    [fit]
    epochs = 30

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [target]
    kind = "binary"

    [data.train]
    samples = 6000

    [compile]
    optimizer = { type = "Adam", learning_rate = 1e-3 }
    loss = "binary_crossentropy"
    metrics = ["accuracy"]

    [fit]
    epochs = 30
    validation_split = 0.2

Confidence: a hint: a last run on all data is common.

References:
    Goodfellow, Bengio and Courville, Deep Learning, 5.3
    How Real Are They, code VRM: missing validation set
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation

_ENOUGH = 500


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""

    if any(run.validates for run in facts.runs) or not facts.runs:
        return
    run = facts.runs[-1]
    if (run.split.whole or 0) < _ENOUGH or any(monitor.of_validation for monitor in facts.monitors):
        return
    yield Violation(
        "no-validation",
        f"none of the {run.split.whole} samples is kept for validation",
        path=run.path,
        anchor="key",
        related=[(("data", "train", "samples"), "the samples")],
        help="write validation_split = 0.2, or [data.validation] where there is such a set",
        fix=TreeFix("keep a fifth", (set_value((*run.path, "validation_split"), 0.2),)),
    )
