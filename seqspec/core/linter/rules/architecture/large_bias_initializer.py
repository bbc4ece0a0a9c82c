"""Bias initializer far from zero.

What it does: Detects hidden layers whose bias is initialized with ones, a constant above 0.1, or random values with a
standard deviation of 0.5 or more.

Why is this bad? A bias does not need to break symmetry. A large initial bias only shifts all units to one side, where
`relu` is always active (or never) and `sigmoid` saturates.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu", bias_initializer = "ones" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Use instead:
    -  { type = "Dense", units = 64, activation = "relu", bias_initializer = "ones" },
    +  { type = "Dense", units = 64, activation = "relu" },

Confidence: low: most such models train. The bias of the last layer is not reported, since the log odds are a good
initial value, nor are recurrent layers, whose forget gate bias is initialized to 1.

References:
    NeuraLint f024 (Nikanjam et al., 2021)
"""

from seqspec.core.analysis.layers.signal import spread_of
from seqspec.core.linter.rules import Facts, Findings, finding, fix_setting, fmt, given_argument, rule


@rule("SEQ414", "info", graphs="each", arguments="bias_initializer")
def check(facts: Facts) -> Findings:
    flow = facts.stack.flow
    for index in flow.weighted:
        entry = flow[index].entry
        initializer = given_argument(entry.layer, "bias_initializer")
        if initializer is None or not entry.argument("use_bias", True):
            continue
        if facts.has_full_stack and index == flow.last_learned:
            continue
        spread = spread_of(initializer, (1,)) or 0
        if spread <= 0.1 or (spread < 0.5 and type(initializer).__name__ != "Constant"):
            continue
        path = (*entry.path, "bias_initializer")
        yield finding(
            fmt(
                "the bias of a hidden layer is initialized about {:.2g} away from zero, which shifts all its units",
                spread,
            ),
            path=path,
            label="usually initialized to zeros",
            help='use "zeros"',
            fix=fix_setting("zeros", path),
        )
