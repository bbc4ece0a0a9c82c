"""Frozen base model with random weights.

What it does: finds a base model with random weights that is frozen.

Why it hurts: `weights = "none"` starts at random and `trainable = false` leaves it there. What the layers behind learn
from are random filters; the trained weights, the reason for a base model, are missing.

Example:
    seqspec = 1

    [model]
    input = [224, 224, 3]
    layers = [
      { type = "ResNet50V2", include_top = false, weights = "none", pooling = "avg", trainable = false },
      { type = "Dense", units = 5, activation = "softmax" },
    ]

Instead:
    seqspec = 1

    [model]
    input = [224, 224, 3]
    layers = [
      { type = "ResNet50V2", include_top = false, weights = "imagenet", pooling = "avg", trainable = false },
      { type = "Dense", units = 5, activation = "softmax" },
    ]

Confidence: high. A program may load weights of its own after building; then name their file in `weights`, or ignore
this rule.

References:
    keras.applications: weights
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.base_models import find_base_models
from seqspec.analysis.facts import Facts
from seqspec.catalog.index import APPLICATIONS
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    for base in find_base_models(facts.flat_layers):
        if base.pretrained or not base.frozen:
            continue
        path = base.entry.path
        frozen = (*path, "trainable") if "trainable" in base.model.model_fields_set else path[:-2]
        yield Violation(
            RULE.name,
            'starts with random weights (weights = "none"), and trainable = false keeps them',
            path=(*path, "weights"),
            related=[(frozen, "frozen here")] if frozen[-1] == "trainable" else [],
            help='write weights = "imagenet" or the path of a weights file, or train the base model too',
            fix=TreeFix("start with trained weights", (set_value((*path, "weights"), "imagenet"),)),
        )


RULE = Rule(
    code="SEQ623",
    name="base-model-frozen-random",
    severity="warning",
    requires=Requires(layers=APPLICATIONS),
    check=check,
    docs=__doc__,
)
