"""Dropout that drops all activations.

What it does: Detects dropout with a rate of 1.

Why is this bad? During training the layer outputs only zeros: later layers receive no signal and earlier layers no
gradient. Keras accepts it silently.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dropout", rate = 1.0 },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

    [compile]
    loss = "sparse_categorical_crossentropy"

Use instead:
    -  { type = "Dropout", rate = 1.0 },
    +  { type = "Dropout", rate = 0.2 },

Confidence: certain, verified on Keras by tests/core/differential/test_signal.py: a Sequential model has no other path
for the signal. Keras before 3.14 raises an error in the first training step, and `AlphaDropout` and `GaussianDropout`
do so in every version. LSTM and GRU ignore a rate of 1 and drop nothing, which is a warning.

References:
    keras.layers.Dropout
"""

from seqspec.core.linter.rules import Facts, Findings, Message, Setting, finding, fix_setting, fmt, rule


@rule("SEQ438", "error", graphs="each", arguments=("rate", "dropout", "recurrent_dropout"))
def check(facts: Facts) -> Findings:
    for entry, argument, rate in facts.stack.dropout_rates:
        if rate < 1:
            continue
        path = (*entry.path, argument)
        severity = None
        label = "drops everything"
        clipped = fmt("Keras clips {} to 1", argument) if rate > 1 else Message(Setting(argument, 1))
        if "undefined_at_rate_one" in entry.traits:
            message = "divides by the fraction that is kept, which is 0: the first training step fails"
        elif facts.env.keras < (3, 14):
            message = "drops every value; Keras before 3.14 raises an error in the first training step"
        elif "ignores_rate_one" in entry.traits:
            message = fmt("drops nothing: {}, which it ignores", clipped)
            label = "drops nothing"
            severity = "warning"
        else:
            message = "drops every value, so nothing can be learned"
        yield finding(
            message,
            path=path,
            label=label,
            help="use a typical rate of 0.2 to 0.5",
            severity=severity,
            fix=fix_setting(0.2, path),
        )
