"""Stack of saturating activations that shrinks the gradient.

What it does: Detects five or more consecutive hidden layers without normalization whose saturating activations
(`sigmoid`, `tanh` and similar) reduce the gradient to less than 1%. Three or more that reduce it to less than 5% are
info.

Why is this bad? The slope of sigmoid is at most 0.25, so each layer scales the gradient by about 0.25 or less. After
five layers the first ones learn a thousand times more slowly than the last one.

Example:
    seqspec = 1

    [model]
    input = [2]
    layers = [
      { type = "Dense", units = 16, activation = "sigmoid" },
      { type = "Dense", units = 16, activation = "sigmoid" },
      { type = "Dense", units = 16, activation = "sigmoid" },
      { type = "Dense", units = 16, activation = "sigmoid" },
      { type = "Dense", units = 16, activation = "sigmoid" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

Use instead:
    -  { type = "Dense", units = 16, activation = "sigmoid" },
    -  { type = "Dense", units = 16, activation = "sigmoid" },
    -  { type = "Dense", units = 16, activation = "sigmoid" },
    -  { type = "Dense", units = 16, activation = "sigmoid" },
    -  { type = "Dense", units = 16, activation = "sigmoid" },
    +  { type = "Dense", units = 16, activation = "relu", kernel_initializer = "he_normal" },
    +  { type = "Dense", units = 16, activation = "relu", kernel_initializer = "he_normal" },
    +  { type = "Dense", units = 16, activation = "relu", kernel_initializer = "he_normal" },
    +  { type = "Dense", units = 16, activation = "relu", kernel_initializer = "he_normal" },
    +  { type = "Dense", units = 16, activation = "relu", kernel_initializer = "he_normal" },

Confidence: high for sigmoid. The gradient factor is that of the mean-field theory of random networks, which
tests/core/differential/test_signal.py compares with Keras: with the default initializer, the factor of sigmoid is 0.2
for one layer, 0.003 for four and 0.0007 for five. That of tanh is 0.37 for five layers and 0.19 for twenty, and it
trains: ten layers of 16 units reached an accuracy of 1.00 on two circles, where six sigmoid layers stayed at chance
level for 30 epochs. tanh is therefore only reported if its initial weights are too small.

References:
    Glorot and Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks, 2010
    AUTOTRAINER, "vanishing gradient" (Zhang et al., 2021)
"""

from math import prod

from seqspec.core.analysis.layers.signal import gains_by_section
from seqspec.core.linter.rules import Facts, Findings, Setting, at_layer, finding, fmt, rule


@rule("SEQ405", "warning", activations="saturating")
def check(facts: Facts) -> Findings:
    flow = facts.stack.flow
    if len(flow.indices_of_trait("saturating")) < 3 or len(flow.weighted) < 4 or flow.depth < 3:
        return
    for run in gains_by_section(facts.stack.signal_gains, flow.last_weights, "saturating"):
        left = prod(level.back**0.5 for level in run)
        if len(run) < 3 or left > 0.05:
            continue
        names = " and ".join(sorted({level.activation for level in run}))
        yield finding(
            fmt("{} consecutive layers with {} scale the gradient by about {:.1g}", len(run), names, left),
            **at_layer(run[0].step.entry),
            label="learns most slowly",
            related=[(run[-1].step.entry.path, "last of them")],
            help=fmt(
                "set {} in the hidden layers, or add BatchNormalization between them", Setting("activation", "relu")
            ),
            severity=None if len(run) >= 5 and left < 0.01 else "info",
        )
