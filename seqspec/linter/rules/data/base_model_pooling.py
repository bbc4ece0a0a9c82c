"""`pooling` of a base model that has no effect.

What it does: finds a word for the `pooling` of a base model that Keras does not know, and pooling that counts for
nothing because the base model keeps its top.

Why it hurts: Keras takes any word; only "avg" and "max" pool. The map stays a map, and the Dense behind it works on
each of its points.

Example:
    seqspec = 1

    [model]
    input = [224, 224, 3]
    layers = [
      { type = "DenseNet121", include_top = false, pooling = "average", trainable = false },
      "Flatten",
      { type = "Dense", units = 5, activation = "softmax" },
    ]

Instead:
    seqspec = 1

    [model]
    input = [224, 224, 3]
    layers = [
      { type = "DenseNet121", include_top = false, pooling = "avg", trainable = false },
      { type = "Dense", units = 5, activation = "softmax" },
    ]

Confidence: certain.

References:
    keras.applications: pooling
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
        word, path = base.model.pooling, (*base.entry.path, "pooling")
        if word is None or word in ("avg", "max"):
            continue
        meant = "max" if word.lower().startswith("m") and "x" in word.lower() else "avg"
        yield Violation(
            RULE.name,
            f'pooling "{word[:40]}" pools nothing: Keras does not know the word',
            path=path,
            label=f'did you mean "{meant}"?',
            help='write "avg" or "max"',
            fix=TreeFix("write the word that Keras knows", (set_value(path, meant),)),
        )


RULE = Rule(
    code="SEQ626",
    name="base-model-pooling",
    severity="warning",
    requires=Requires(layers=APPLICATIONS),
    check=check,
    docs=__doc__,
)
