"""Kernel initializer whose scale makes the signal explode or vanish.

What it does: finds `RandomNormal`, `RandomUniform` and `TruncatedNormal` as start values of kernels whose spread does
not fit the number of inputs of the layer. It is a warning where the sums of a layer become four times too large, or
eight times in all, and where four hidden layers or more let less than a hundredth of the signal through.

Why it hurts: a unit adds up one product for each of its inputs, so the more inputs, the smaller the weights must be:
about the root of 2 / inputs for `relu`, of 1 / inputs else. A fixed spread fits one width only. With too large weights
the first outputs are far off and the first steps are wasted or end in NaN; with too small ones the output hardly
depends on the input, and neither do the gradients.

Example:
    seqspec = 1

    [model]
    input = [784]
    layers = [
      { type = "Dense", units = 512, activation = "relu", kernel_initializer = "random_normal(0, 1)" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Instead:
    seqspec = 1

    [model]
    input = [784]
    layers = [
      { type = "Dense", units = 512, activation = "relu", kernel_initializer = "he_normal" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Confidence: high for weights that are too large: the factors are those of the mean field of a random network, which
tests/differential/test_signal.py compares with Keras. On a balanced task of 20 features, three layers of 64 units
reached 0.87 with `glorot_uniform`, and 0.75, 0.65 and 0.57 with weights 3, 6 and 11 times too large. Too small ones
recover in shallow models: on two circles, one to four layers of 16 units that start with `random_uniform` all reached
1.00 with Adam, and five stayed at chance with one seed of two; four of the repaired programs that we know start one or
two layers as small. So four such layers are a warning and fewer a hint. A layer in front of a normalization, and a
last layer that starts small, are left alone.

References:
    He et al., Delving Deep into Rectifiers, 2015
    TheDeepChecker, "need_he", "need_glorot" and "need_lecun" (Ben Braiek and Khomh, 2022)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from seqspec.analysis.facts import Facts
from seqspec.analysis.roles import LINEAR
from seqspec.analysis.signal import SignalGain, constant_of, deviation
from seqspec.catalog.keras_object import given_arguments
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule

_FIXED = frozenset({"RandomNormal", "RandomUniform", "TruncatedNormal"})


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    flow = facts.flow
    if not any(
        type(given_arguments(flow[i].entry.layer).get("kernel_initializer")).__name__ in _FIXED for i in flow.weighted
    ):
        return
    last = flow.last_learned if facts.has_full_stack else -1
    large, small = [], []
    for level in facts.signal_gains:
        given = given_arguments(level.step.entry.layer).get("kernel_initializer")
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
        yield _problem(off, min(off, key=deviation), len(off) > 3 and _product(off) < 0.01)


def _product(levels: Sequence[SignalGain]) -> float:
    product = 1.0
    for level in levels:
        product *= deviation(level)
    return product


def _problem(levels: Sequence[SignalGain], worst: SignalGain, loud: bool) -> Violation:
    ratio = deviation(worst)
    path = (*worst.step.entry.path, "kernel_initializer")
    start = "he_normal" if worst.activation in ("relu", "leaky_relu", "elu") else "glorot_uniform"
    others = [(*level.step.entry.path, "kernel_initializer") for level in levels if level is not worst]
    return Violation(
        RULE.name,
        f"weights of spread {worst.spread:.2g} are {_times(ratio)} too {'large' if ratio > 1 else 'small'} "
        f"for {worst.fan_in:g} {'input' if worst.fan_in == 1 else 'inputs'}"
        + (f", and those of {len(levels)} layers together {_times(_product(levels))}" if len(levels) > 1 else ""),
        path=path,
        label=f"{worst.spread / ratio:.2g} would fit",
        related=[(other, "here too") for other in others],
        help=f'write "{start}", which fits every width',
        severity="warning" if loud else None,
        fix=TreeFix(f"use {start}", tuple(set_value(place, start) for place in (path, *others))),
    )


def _times(factor: float) -> str:
    factor = factor if factor > 1 else 1 / factor if factor else math.inf
    return f"{factor:.2g} times" if factor < 10 else f"{factor:.0f} times"


RULE = Rule(
    code="SEQ411",
    name="kernel-initializer-scale",
    severity="info",
    requires=Requires(layers=LINEAR, arguments=("kernel_initializer",)),
    check=check,
    docs=__doc__,
)
