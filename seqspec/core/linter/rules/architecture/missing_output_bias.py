"""Output layer without a bias.

What it does: Detects a last `Dense` layer with `use_bias = false`.

Why is this bad? The bias of the last layer models what is common to all samples: the mean of the targets or the class
frequencies. Without it the weights must approximate that from the features.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, use_bias = false },
    ]

Use instead:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

Confidence: low: severity is info. Layers before a normalization are not reported, since the bias would have no effect
there.

References:
    TheDeepChecker, "need_bias" (Ben Braiek and Khomh, 2022)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.core.analysis.facts import Facts
from seqspec.core.diagnostics.snippet import Help, Setting
from seqspec.core.diagnostics.tree_fix import assign
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    flow = facts.flow
    last = flow.last_learned
    if not facts.has_full_stack or last < 0 or flow[last].entry.type != "Dense":
        return
    entry = flow[last].entry
    if entry.layer.use_bias or any(step.kind == "norm" for step in flow[last + 1 :]):
        return
    path = (*entry.path, "use_bias")
    yield Violation(
        RULE.name,
        "the output layer has no bias to model the mean of the targets",
        path=path,
        label="no bias",
        help=Help("remove ", Setting("use_bias", False)),
        fix=assign(True, path),
    )


RULE = Rule(
    code="SEQ465",
    name="missing-output-bias",
    severity="info",
    requires=Requires(layers=("Dense",), arguments=("use_bias",)),
    check=check,
    docs=__doc__,
)
