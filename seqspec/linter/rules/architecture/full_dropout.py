"""Dropout that drops all activations.

What it does: finds dropout with a rate of 1.

Why it hurts: while the model is trained nothing passes such a layer, so the layers before get no gradient and the ones
behind see zeros. Keras accepts it without a word.

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

Instead:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dropout", rate = 0.2 },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

    [compile]
    loss = "sparse_categorical_crossentropy"

Confidence: certain, as tests/differential/test_signal.py shows on Keras: in a stack there is no other way for the
signal. Keras before 3.14 fails in the first step of training, and `AlphaDropout` and `GaussianDropout` fail in every
version. LSTM and GRU pass over a rate of 1 and drop nothing, which is a warning.

References:
    keras.layers.Dropout
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    for entry, argument, rate in facts.dropout_rates:
        if rate < 1:
            continue
        path = (*entry.path, argument)
        severity = None
        if entry.type in ("AlphaDropout", "GaussianDropout"):
            message = "divides by the part that is kept: with nothing kept, the first step of training fails"
        elif facts.env.keras < (3, 14):
            message = "drops every value, which Keras before 3.14 refuses in the first step of training"
        elif entry.type in _PASS_OVER:
            message = f"drops nothing at all: Keras passes over {argument} = 1 without a word"
            severity = "warning"
        else:
            message = "drops every value, so that nothing is learned from what arrives here"
        yield Violation(
            RULE.name,
            message,
            path=path,
            label="keeps nothing",
            help="write the part to drop, mostly 0.2 to 0.5",
            severity=severity,
            fix=TreeFix("drop a fifth", (set_value(path, 0.2),)),
        )


_PASS_OVER = frozenset({"LSTM", "GRU", "LSTMCell", "GRUCell", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"})


RULE = Rule(
    code="SEQ438",
    name="full-dropout",
    severity="error",
    requires=Requires(arguments=("rate", "dropout", "recurrent_dropout")),
    check=check,
    docs=__doc__,
)
