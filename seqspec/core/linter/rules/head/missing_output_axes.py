"""Output without the spatial or time axes of the labels.

What it does: Detects a model with one output per sample where [target] declares a label for each time step or spatial
position.

Why is this bad? Cross-entropy losses raise an error in the first step; losses such as mse silently broadcast the single
output to every time step.

Example:
    seqspec = 1

    [model]
    input = [20, 4]
    layers = [
      { type = "LSTM", units = 16 },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [target]
    kind = "binary"
    shape = [20, 1]

    [compile]
    loss = "binary_crossentropy"

Use instead:
    -  { type = "LSTM", units = 16 },
    +  { type = "LSTM", units = 16, return_sequences = true },

Confidence: certain.

References:
    keras.layers.LSTM, argument return_sequences
    Tensfa SFData 60129234, 56190344
"""

from seqspec.core.analysis.training.loss_compatibility import layer_dropping_axes
from seqspec.core.linter.rules import Declared, Facts, Findings, at_layer, finding, fmt, rule, show


@rule("SEQ326", "error", mismatches="no axes")
def check(facts: Facts) -> Findings:
    labels, output, compatibility = facts.output.labels, facts.output.tensor, facts.output.loss_compatibility
    if labels is None or output is None or compatibility is None or "no axes" not in compatibility.reasons:
        return
    culprit, help = layer_dropping_axes(facts.layers)
    yield finding(
        fmt("the model outputs {}, but each label is {}", show(output.sample), labels.description),
        **at_layer(facts.output.layers[-1]),
        label=fmt("outputs {}", show(output.sample)),
        related=[
            (labels.path, Declared("labels")),
            *([(culprit, "returns only the last time step")] if culprit else []),
        ],
        help=help,
    )
