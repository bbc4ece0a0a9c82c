"""Dropout or noise between the last layer with weights and the loss.

What it does: finds dropout or noise behind the last layer with weights.

Why it hurts: it does not thin what the model knows, it falsifies what the model says: in each step of training a part
of the scores is set to zero, the right one among them, and the loss punishes the model for it.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 3 },
      { type = "Dropout", rate = 0.3 },
      "Softmax",
    ]

    [compile]
    loss = "sparse_categorical_crossentropy"

Instead:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dropout", rate = 0.3 },
      { type = "Dense", units = 3 },
      "Softmax",
    ]

    [compile]
    loss = "sparse_categorical_crossentropy"

Confidence: high. Behind the softmax the outputs are no probabilities any more, and some are exactly 0, whose
logarithm the loss takes. Where scores of several positions are pooled afterwards nothing is said; behind a
recurrent layer, or without a loss, it is a hint, for there a head may yet follow.

References:
    deepmufl 44755431 (Ghanbari et al., 2023)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.flow import TRAINING_ONLY
from seqspec.analysis.moves import move_before
from seqspec.analysis.roles import DROPOUT
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule

_POOLS = frozenset({"average_pool", "max_pool"})


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    flow = facts.flow
    last = flow.last_learned
    if not facts.has_full_stack or last < 0 or flow[last].kind == "opaque":
        return
    tail = flow[last + 1 :]
    if any(step.kind in _POOLS for step in tail):
        return
    shares = flow[last].activation in ("softmax", "sigmoid")
    for step in tail:
        shares = shares or step.activation in ("softmax", "sigmoid")
        if step.kind not in TRAINING_ONLY:
            continue
        noise = "adds noise to" if step.kind == "noise" else "drops a part of"
        known = facts.compile is not None and facts.compile.loss is not None and flow[last].kind == "weights"
        yield Violation(
            RULE.name,
            f"{noise} {'the probabilities' if shares else 'the outputs'} of the model before the loss sees them",
            path=step.entry.path,
            anchor="layer",
            label="behind the last weights",
            related=[(flow[last].entry.path, "the last layer with weights")],
            help="put it before the last layer with weights",
            fix=move_before(facts.spec.tree, step.entry, flow[last].entry, "move it"),
            severity="warning" if known else "info",
        )


RULE = Rule(
    code="SEQ441",
    name="dropout-on-output",
    severity="warning",
    requires=Requires(layers=DROPOUT | {"GaussianNoise"}),
    check=check,
    docs=__doc__,
)
