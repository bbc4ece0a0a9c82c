"""Labels and outputs that are broadcast against each other.

What it does: Detects labels and outputs of different shapes that a loss such as mse broadcasts against each other.

Why is this bad? Each output is compared with labels that do not belong to it: a column of labels with every column of
outputs, or every sample with every other. Keras 3 broadcasts silently, and the loss still falls, towards predicting the
mean of all labels.

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

Use instead:
    -  { type = "Dense", units = 3 },
    +  { type = "Dense", units = 1 },

Confidence: certain.

References:
    keras.losses.MeanSquaredError
    defect4ML 089; TheDeepChecker 38447935
"""

from seqspec.core.linter.rules import (
    Declared,
    Facts,
    Findings,
    Setting,
    SpecOrProgram,
    TableName,
    at_layer,
    finding,
    fmt,
    rule,
    show,
)


@rule("SEQ325", "error", graphs="head", mismatches="broadcast")
def check(facts: Facts) -> Findings:
    objective, labels = facts.output.objective, facts.output.labels
    compatibility, output = facts.output.loss_compatibility, facts.output.tensor
    if objective is None or labels is None or compatibility is None or output is None:
        return
    if "broadcast" not in compatibility.reasons:
        return
    layer = facts.output.layers[-1]
    yield finding(
        fmt(
            "the model outputs {}, but each label has shape {}: {} broadcasts the smaller one",
            show(output.sample),
            show(labels.shape),
            objective.name,
        ),
        **at_layer(layer),
        label=fmt("outputs {}", show(output.sample)),
        related=[(labels.path, Declared("labels")), (objective.path, "broadcasts them")],
        help=fmt(
            "make the model output {}, or {}",
            show(labels.shape),
            SpecOrProgram(
                fmt(
                    "set {} under {} if labels have that shape",
                    Setting("shape", [size if isinstance(size, int) else str(size) for size in output.sample]),
                    TableName(("target",)),
                ),
                "reshape the labels to its output",
            ),
        ),
    )
