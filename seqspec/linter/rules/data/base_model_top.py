"""Layers on top of the base model's own class probabilities.

What it does: finds a base model that keeps its own classifier (`include_top = true`, which is Keras's default) in front
of layers that learn.

Why it hurts: what goes on is not the features of the image but the probabilities of 1000 classes of ImageNet, nearly
all of them 0. The layers behind learn from what is left.

Example:
    seqspec = 1

    [model]
    input = [224, 224, 3]
    layers = [
      { type = "ResNet50V2", trainable = false },
      { type = "Dense", units = 5, activation = "softmax" },
    ]

Instead:
    seqspec = 1

    [model]
    input = [224, 224, 3]
    layers = [
      { type = "ResNet50V2", include_top = false, pooling = "avg", trainable = false },
      { type = "Dense", units = 5, activation = "softmax" },
    ]

Confidence: high. A top of one's own making (`weights = "none"` and `classes`, or no activation on it) may be meant so,
and nothing is said of it.

References:
    keras.applications: include_top
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.base_models import find_base_models
from seqspec.analysis.facts import Facts
from seqspec.catalog.index import APPLICATIONS
from seqspec.catalog.keras_object import given_arguments
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    for base in find_base_models(facts.flat_layers):
        model, given = base.model, given_arguments(base.model)
        if not model.include_top or "classifier_activation" in given or ("classes" in given and not base.pretrained):
            continue
        learning = next((entry for entry in base.behind if entry.trained_params), None)
        if learning is None:
            continue
        path = base.entry.path
        yield Violation(
            RULE.name,
            f"hands on the probabilities of its own {model.classes} classes, not the features of the image",
            path=(*path, "include_top") if "include_top" in given else path,
            anchor="value" if "include_top" in given else "layer",
            related=[(learning.path, "learns from them")],
            help='write include_top = false and pooling = "avg"',
            fix=TreeFix(
                "take the features",
                (set_value((*path, "include_top"), False), set_value((*path, "pooling"), "avg")),
            ),
        )


RULE = Rule(
    code="SEQ621",
    name="base-model-top",
    severity="warning",
    requires=Requires(layers=APPLICATIONS),
    check=check,
    docs=__doc__,
)
