"""Preprocessing layer that is not adapted to the data.

What it does: Detects preprocessing layers that depend on data statistics but have none: Normalization without mean and
variance, Discretization without bin boundaries, and text or lookup layers without a vocabulary.

Why is this bad? A spec has no step that calls `adapt`. An unadapted Normalization silently passes its input through;
the other layers raise an error on the first batch.

Example:
    seqspec = 1

    [model]
    input = [3]
    layers = [
      "Normalization",
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [compile]
    loss = "mse"

    [fit]
    epochs = 20

Use instead:
    -  "Normalization",
    +  { type = "Normalization", mean = [41.2, 0.5, 1200.0], variance = [190.0, 0.25, 64000.0] },

Confidence: `seqspec train` adapts these layers to the training set, so nothing is reported if `[data]` declares a
`source`. Code may also call `adapt` between `seqspec.build` and `fit`; if so, suppress the finding. Only specs with
`[fit]` are checked.

References:
    keras.layers.Normalization, keras.layers.Discretization, keras.layers.TextVectorization: adapt
"""

from seqspec.core.catalog.layer_inference import needs_adapt
from seqspec.core.linter.rules import (
    Facts,
    Findings,
    Message,
    Setting,
    SpecOrProgram,
    TableName,
    at_layer,
    finding,
    fmt,
    rule,
)

_EXAMPLES = {
    "Normalization": fmt("{} and {}, of the training data", Setting("mean", [...]), Setting("variance", [...])),
    "StringLookup": fmt("{}, or {}", Setting("vocabulary", [...]), Setting("vocabulary", "words.txt")),
    "IntegerLookup": fmt("{}, or {}", Setting("vocabulary", [...]), Setting("vocabulary", "numbers.txt")),
    "TextVectorization": fmt("{}, or {}", Setting("vocabulary", [...]), Setting("vocabulary", "words.txt")),
}


@rule("SEQ603", "warning", graphs="each", tables="fit", layers=("Normalization", "token_index"), depends_on=("adapt",))
def check(facts: Facts) -> Findings:
    if facts.data.has_training_source:
        return
    for entry in facts.flat_layers if "fit" in facts.tables else ():
        if not needs_adapt(entry.layer):
            continue
        takes_text = entry.type == "TextVectorization" or (entry.type == "StringLookup" and not entry.layer.invert)
        if takes_text and entry.input.dtype != "string":
            # Numbers instead of text fail on the first batch, which fails-on-first-batch reports.
            continue
        argument = entry.layer.variables.adapted
        example = _EXAMPLES.get(entry.type, Message(Setting(argument, [...])))
        # Normalization works without adapt(); the layers that encode tokens do not.
        silent = "token_index" not in entry.traits
        yield finding(
            "has no effect: mean and variance are not set, and adapt() is never called"
            if silent
            else fmt("has no {}, and adapt() is never called: Keras raises an error on the first batch", argument),
            **at_layer(entry),
            severity="warning" if silent else "error",
            help=fmt(
                "add {}; or {}",
                example,
                SpecOrProgram(
                    fmt(
                        "add source to {}, and seqspec train adapts the layer to the training set", TableName(("data",))
                    ),
                    "call adapt() on the training data before fit()",
                ),
            ),
        )
