"""Stack of saturating activations that shrinks the gradient.

What it does: finds five or more hidden layers in a row, with no normalization between, whose activations flatten out
(`sigmoid`, `tanh` and their kin) and through which less than a hundredth of the gradient comes back. Three or more
that leave less than a twentieth are a hint.

Why it hurts: the slope of sigmoid is a quarter at most, so each layer hands back about a quarter of the gradient or
less. After five layers the first ones learn a thousand times slower than the last one.

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

Instead:
    seqspec = 1

    [model]
    input = [2]
    layers = [
      { type = "Dense", units = 16, activation = "relu", kernel_initializer = "he_normal" },
      { type = "Dense", units = 16, activation = "relu", kernel_initializer = "he_normal" },
      { type = "Dense", units = 16, activation = "relu", kernel_initializer = "he_normal" },
      { type = "Dense", units = 16, activation = "relu", kernel_initializer = "he_normal" },
      { type = "Dense", units = 16, activation = "relu", kernel_initializer = "he_normal" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

Confidence: high for sigmoid. The part of the gradient is that of the mean field of a random network, which
tests/differential/test_signal.py compares with Keras: sigmoid with the start values of Keras leaves 0.2 of it with one
layer, 0.003 with four and 0.0007 with five. tanh leaves 0.37 with five layers and 0.19 with twenty, and trains: ten
layers of 16 units reached 1.00 on two circles, where six of sigmoid stayed at chance for 30 epochs. So tanh is told
only where its start values are narrow.

References:
    Glorot and Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks, 2010
    AUTOTRAINER, "vanishing gradient" (Zhang et al., 2021)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqspec.analysis.facts import Facts
from seqspec.analysis.signal import SignalGain, gains_by_stretch
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    flow = facts.flow
    if sum([len(flow.indices_by_activation[name]) for name in _FLAT]) < 3 or len(flow.weighted) < 4 or flow.depth < 3:
        return
    for run in gains_by_stretch(facts.signal_gains, flow.last_weights, _FLAT):
        left = _left(run)
        if len(run) < 3 or left > 0.05:
            continue
        names = " and ".join(sorted({level.activation for level in run}))
        yield Violation(
            RULE.name,
            f"{len(run)} layers in a row with {names}: about {left:.1g} of the gradient comes back through them",
            path=run[0].step.entry.path,
            anchor="layer",
            label="learns slowest",
            related=[(run[-1].step.entry.path, "the last one of them")],
            help='write activation = "relu" in the hidden layers, or put BatchNormalization between them',
            severity=None if len(run) >= 5 and left < 0.01 else "info",
        )


_FLAT = frozenset({"sigmoid", "tanh", "hard_sigmoid", "hard_tanh", "softsign", "sparse_sigmoid"})


def _left(run: Sequence[SignalGain]) -> float:
    left = 1.0
    for level in run:
        left *= level.back**0.5
    return left


RULE = Rule(
    code="SEQ405",
    name="vanishing-gradient",
    severity="warning",
    requires=Requires(activations=("sigmoid", "tanh", "hard_sigmoid", "hard_tanh", "softsign", "sparse_sigmoid")),
    check=check,
    docs=__doc__,
)
