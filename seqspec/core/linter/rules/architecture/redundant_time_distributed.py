"""TimeDistributed around a Dense layer, which needs no wrapper.

What it does: Detects `TimeDistributed` around a `Dense` layer.

Why is this bad? `Dense` applies to the last axis of an input of any rank, so it computes the same on a sequence without
the wrapper, with one matrix product instead of a loop over time steps.

Example:
    seqspec = 1

    [model]
    input = [30, 8]
    layers = [
      { type = "LSTM", units = 16, return_sequences = true },
      { type = "TimeDistributed", layer = { type = "Dense", units = 4, activation = "softmax" } },
    ]

Use instead:
    -  { type = "TimeDistributed", layer = { type = "Dense", units = 4, activation = "softmax" } },
    +  { type = "Dense", units = 4, activation = "softmax" },

Confidence: certain: tests/core/differential/test_signal.py compares the two on Keras. Weight names in existing
checkpoints differ, so severity is info.

References:
    keras.layers.TimeDistributed
    keras.layers.Dense
"""

from seqspec.core.linter.rules import Facts, Findings, at_layer, finding, rule


@rule("SEQ468", "info", graphs="each", layers="TimeDistributed")
def check(facts: Facts) -> Findings:
    for entry in facts.flat_layers:
        if entry.type != "TimeDistributed" or type(entry.layer.layer).__name__ != "Dense":
            continue
        yield finding(
            "is redundant: Dense already applies to the last axis of every time step",
            **at_layer(entry),
            label="redundant wrapper",
            help="use the Dense layer without the wrapper",
        )
