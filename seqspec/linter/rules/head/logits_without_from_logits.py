"""Cross-entropy on logits without `from_logits = true`.

What it does: finds a cross-entropy that is not told of logits, on a model whose last layer has no activation.

Why it hurts: Without from_logits the loss takes the numbers for probabilities: what lies outside of 0 to 1 is cut off
or divided by a sum that may be near 0. Keras computes on without an error; the loss starts several times too high,
jumps, and its gradient vanishes wherever a number was cut.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10 },
    ]

    [compile]
    loss = "sparse_categorical_crossentropy"

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [compile]
    loss = "sparse_categorical_crossentropy"

Confidence: certain, as long as the last layer is one of Keras.

References:
    keras.losses.CategoricalCrossentropy, argument from_logits
    NeuraLint f008, f012; UMLAUT "missing softmax layer before loss"
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.objective import BINARY, CROSS_ENTROPIES, EXCLUSIVE
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    head, objective = facts.head, facts.objective
    if head is None or objective is None or head.activation not in ("linear", "leaky_relu") or objective.from_logits:
        return
    loss = objective.loss
    # Where Keras chooses a cross-entropy after labels that are not known, it is one over classes.
    if (loss and loss not in CROSS_ENTROPIES) or (loss in EXCLUSIVE and head.units == 1):
        return
    wanted = "sigmoid" if loss in BINARY else "softmax"
    last = head.simple and not head.after
    ways = f'activation = "{wanted}" here' if last else f'{{ type = "Activation", activation = "{wanted}" }} at the end'
    if loss and loss != "CategoricalGeneralizedCrossEntropy":
        ways += f', or loss = {{ type = "{loss}", from_logits = true }}'
    yield Violation(
        RULE.name,
        f"{objective.word} takes probabilities, but the model emits any number: the last layer has no {wanted}",
        path=head.path,
        anchor=head.anchor,
        label="no probabilities",
        related=[(objective.path, "from_logits is not set here")],
        help=f"write {ways}",
        fix=TreeFix(f"use {wanted}", (set_value((*head.entry.path, "activation"), wanted),)) if last else None,
    )


RULE = Rule(
    code="SEQ303",
    name="logits-without-from-logits",
    severity="error",
    requires=Requires(losses=CROSS_ENTROPIES, heads=("linear", "leaky_relu")),
    check=check,
    docs=__doc__,
)
