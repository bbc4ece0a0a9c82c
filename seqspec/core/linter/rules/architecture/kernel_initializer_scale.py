"""Kernel initializer whose scale makes the signal explode or vanish.

What it does: Detects kernels initialized with `RandomNormal`, `RandomUniform` or `TruncatedNormal` whose standard
deviation does not match the fan-in of the layer. It is a warning if the pre-activations of a layer become four times
too large, or eight times over all layers, or if four or more hidden layers reduce the signal to less than 1%,
or two or more with `sigmoid` or `tanh` to less than 2%.

Why is this bad? A unit sums one product per input, so the standard deviation of the weights must decrease with the
fan-in: about sqrt(2 / fan_in) for `relu`, and sqrt(1 / fan_in) otherwise. A fixed standard deviation only fits one
width. If the weights are too large, the first outputs are far off and the first updates are wasted or produce NaN; if
they are too small, outputs and gradients hardly depend on the input.

Example:
    seqspec = 1

    [model]
    input = [784]
    layers = [
      { type = "Dense", units = 512, activation = "relu", kernel_initializer = "random_normal(0, 1)" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Use instead:
    -  { type = "Dense", units = 512, activation = "relu", kernel_initializer = "random_normal(0, 1)" },
    +  { type = "Dense", units = 512, activation = "relu", kernel_initializer = "he_normal" },

Confidence: high for weights that are too large: the factors are those of the mean-field theory of random networks,
which tests/core/differential/test_signal.py compares with Keras. On a balanced task with 20 features, three layers of
64 units reached an accuracy of 0.87 with `glorot_uniform`, and 0.75, 0.65 and 0.57 with weights 3, 6 and 11 times too
large. Weights that are too small recover in shallow models: on two circles, one to four layers of 16 units with
`random_uniform` all reached 1.00 with Adam, and five stayed at chance level with one of two seeds; four of the repaired
programs in our corpus initialize one or two layers with weights as small. Four such layers are therefore a warning and
fewer are info. Layers before a normalization, and a last layer with small weights, are not reported.

References:
    He et al., Delving Deep into Rectifiers, 2015
    TheDeepChecker, "need_he", "need_glorot" and "need_lecun" (Ben Braiek and Khomh, 2022)
"""

import math

from seqspec.core.analysis.layers.signal import SignalGain, constant_of, deviation
from seqspec.core.catalog.activations import function_traits
from seqspec.core.linter.rules import (
    Facts,
    Findings,
    Sequence,
    Violation,
    finding,
    fix_setting,
    fmt,
    given_argument,
    rule,
)

_FIXED = frozenset({"RandomNormal", "RandomUniform", "TruncatedNormal"})


@rule("SEQ411", "info", graphs="path", layers="weights", arguments="kernel_initializer")
def check(facts: Facts) -> Findings:
    flow = facts.stack.flow
    if not any(
        type(given_argument(flow[i].entry.layer, "kernel_initializer")).__name__ in _FIXED for i in flow.weighted
    ):
        return
    is_whole = facts.has_full_stack or (facts.graph is not None and flow.last_hidden == flow.last_weights)
    last = flow.last_learned if is_whole else -1
    large, small = [], []
    for level in facts.stack.signal_gains:
        given = given_argument(level.step.entry.layer, "kernel_initializer")
        if type(given).__name__ not in _FIXED or level.normalized or constant_of(given) is not None:
            continue
        ratio = deviation(level)
        if ratio > 1:
            large.append(level)
        elif level.index != last:
            small.append(level)
    grown = _product(large)
    if large and (max(map(deviation, large)) > 2.5 or grown > 8):
        loud = max(map(deviation, large)) >= 4 or (len(large) > 1 and grown > 8)
        yield _problem(large, max(large, key=deviation), loud)
    off = [level for level in small if deviation(level) < 0.5]
    faint = [level for level in off if deviation(level) < 0.25]
    if faint:
        product = _product(off)
        saturates = all("saturating" in function_traits(level.activation) for level in off)
        loud = (len(off) > 3 and product < 0.01) or (len(off) > 1 and saturates and product < 0.02)
        yield _problem(off, min(off, key=deviation), loud)


def _product(levels: Sequence[SignalGain]) -> float:
    return math.prod(map(deviation, levels))


def _problem(levels: Sequence[SignalGain], worst: SignalGain, loud: bool) -> Violation:
    ratio = deviation(worst)
    path = (*worst.step.entry.path, "kernel_initializer")
    start = "he_normal" if worst.activation in ("relu", "leaky_relu", "elu") else "glorot_uniform"
    others = [(*level.step.entry.path, "kernel_initializer") for level in levels if level is not worst]
    return finding(
        fmt(
            "initial weights with standard deviation {:.2g} are {} too {} for {:g} {}",
            worst.spread,
            _times(ratio),
            "large" if ratio > 1 else "small",
            worst.fan_in,
            "input" if worst.fan_in == 1 else "inputs",
        )
        + (
            fmt(", and those of {} layers together {}", len(levels), _times(_product(levels)))
            if len(levels) > 1
            else ""
        ),
        path=path,
        label=fmt("expected about {:.2g}", worst.spread / ratio),
        related=[(other, "also here") for other in others],
        help=fmt('use "{}", which adapts to the fan-in', start),
        severity="warning" if loud else None,
        fix=fix_setting(start, path, *others),
    )


def _times(factor: float) -> str:
    factor = factor if factor > 1 else 1 / factor if factor else math.inf
    return fmt("{:.2g} times", factor) if factor < 10 else fmt("{:.0f} times", factor)
