"""Labels and outputs that are broadcast against each other.

What it does: finds labels and outputs of different shapes that a loss such as mse repeats to fit each other.

Why it hurts: Each output is compared with labels that are not its own: a column of labels with every column of outputs,
or each sample with each. Keras 3 says nothing; the loss even falls, to the mean of all labels.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 3 },
    ]

    [target]
    kind = "regression"
    shape = [1]

    [compile]
    loss = "mse"

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
    shape = [1]

    [compile]
    loss = "mse"

Confidence: certain.

References:
    keras.losses.MeanSquaredError
    defect4ML 089; TheDeepChecker 38447935
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule
from seqspec.shapes.dims import show


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    objective, labels, meets, output = facts.objective, facts.labels, facts.loss_compatibility, facts.output
    if objective is None or labels is None or meets is None or output is None or "broadcast" not in meets.reasons:
        return
    layer = facts.layers[-1]
    yield Violation(
        RULE.name,
        f"the model emits {show(output.sample)}, but a label has shape {show(labels.shape)}: "
        f"{objective.word} repeats the smaller one to compare them",
        path=layer.path,
        anchor="layer",
        label=f"emits {show(output.sample)}",
        related=[(labels.path, "what labels are like"), (objective.path, "compares them nevertheless")],
        help=f"let the model emit {show(labels.shape)}, or write shape = {list(output.sample)} under [target] if "
        "labels are like that",
    )


RULE = Rule(
    code="SEQ325",
    name="broadcast-loss",
    severity="error",
    requires=Requires(mismatches=("broadcast",)),
    check=check,
    docs=__doc__,
)
