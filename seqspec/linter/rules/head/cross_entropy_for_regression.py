"""Cross-entropy for real-valued targets.

What it does: finds a cross-entropy where [target] says that labels are real numbers outside of 0 to 1.

Why it hurts: A cross-entropy reads labels as probabilities. With a label above 1 or below 0 it has no least value:
training drives the loss to minus infinity and the output into a bound.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [target]
    kind = "regression"
    range = [-1, 1]

    [compile]
    loss = "binary_crossentropy"

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [target]
    kind = "regression"
    range = [-1, 1]

    [compile]
    loss = "mse"

Confidence: certain with a range; without one, numbers between 0 and 1 are possible and it warns.

References:
    keras.losses.BinaryCrossentropy
    TheDeepChecker "wrong loss selection"; StackOverflow 46869312
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.objective import CROSS_ENTROPIES, SPARSE
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    objective, labels = facts.objective, facts.labels
    if objective is None or labels is None or labels.classes or objective.loss not in CROSS_ENTROPIES:
        return
    sparse = objective.loss in SPARSE
    if not sparse and ((labels.bounded and labels.low >= 0 and labels.high <= 1) or labels.kind == "reconstruction"):
        return
    said = f"labels go from {labels.low:g} to {labels.high:g}" if labels.bounded else "labels are real numbers"
    yield Violation(
        RULE.name,
        f"{objective.word} takes {'numbers of classes' if sparse else 'labels between 0 and 1'}, but {said}",
        path=objective.path,
        label="for classes",
        related=[(facts.label_range_path, said)],
        help='write "mse" or "huber", with a last layer without activation',
        severity="error" if labels.bounded or sparse else "warning",
        fix=TreeFix("use mse", (set_value(objective.path, "mse"),)),
    )


RULE = Rule(
    code="SEQ313",
    name="cross-entropy-for-regression",
    severity="error",
    requires=Requires(targets=("regression", "reconstruction"), losses=CROSS_ENTROPIES),
    check=check,
    docs=__doc__,
)
