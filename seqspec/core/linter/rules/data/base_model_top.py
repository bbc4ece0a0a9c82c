"""Layers on top of the base model's own class probabilities.

What it does: Detects a base model with its own classifier (`include_top = true`, the default in Keras) before other
layers with weights.

Why is this bad? Later layers receive the 1000 ImageNet class probabilities, most of them close to 0, instead of image
features.

Example:
    seqspec = 1

    [model]
    input = [224, 224, 3]
    layers = [
      { type = "ResNet50V2", trainable = false },
      { type = "Dense", units = 5, activation = "softmax" },
    ]

Use instead:
    seqspec = 1

    [model]
    input = [224, 224, 3]
    layers = [
      { type = "ResNet50V2", include_top = false, pooling = "avg", trainable = false },
      { type = "Dense", units = 5, activation = "softmax" },
    ]

Confidence: high. A custom top (`weights = "none"` with `classes`, or a changed classifier_activation) may be intended
and is not reported.

References:
    keras.applications: include_top
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.core.analysis.facts import Facts
from seqspec.core.analysis.layers.base_models import find_base_models
from seqspec.core.catalog.keras_object import given_arguments
from seqspec.core.diagnostics.message import Message
from seqspec.core.diagnostics.snippet import Help, Setting
from seqspec.core.diagnostics.tree_fix import TreeFix, set_value
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    for base in find_base_models(facts.flat_layers):
        model, given = base.model, given_arguments(base.model)
        if not model.include_top or "classifier_activation" in given or ("classes" in given and not base.pretrained):
            continue
        learning = next((entry for entry in base.after if entry.trained_params), None)
        if learning is None:
            continue
        path = base.entry.path
        yield Violation(
            RULE.name,
            Message(
                "outputs probabilities of its own ",
                model.classes,
                " classes instead of features (",
                Setting("include_top", True),
                ")",
            ),
            path=(*path, "include_top") if "include_top" in given else path,
            anchor="value" if "include_top" in given else "layer",
            related=[(learning.path, "receives the probabilities")],
            help=Help("set ", Setting("include_top", False), " and ", Setting("pooling", "avg")),
            fix=TreeFix(
                "output features",
                (set_value((*path, "include_top"), False), set_value((*path, "pooling"), "avg")),
            ),
        )


RULE = Rule(
    code="SEQ621",
    name="base-model-top",
    severity="warning",
    requires=Requires(layers=("base_model",)),
    check=check,
    docs=__doc__,
)
