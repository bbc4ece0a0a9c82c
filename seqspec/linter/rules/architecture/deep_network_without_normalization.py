"""Deep stack of relu layers without normalization or residual connections.

What it does: finds 15 or more hidden `relu` layers in a row, with no normalization between, whose start values let
less than a fiftieth of the signal through, or make it fifty times larger.

Why it hurts: `relu` throws half of the signal away. The start values of Keras (`glorot_uniform`) do not make up for
it, so that every layer halves the mean square of the signal. After 15 layers the outputs hardly depend on the input,
the gradients of the first layers are as small, and many units never wake up.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu", repeat = 20 },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

Instead:
    seqspec = 1

    [blocks.hidden]
    layers = [
      { type = "Dense", units = 64, use_bias = false },
      "BatchNormalization",
      "ReLU",
    ]

    [model]
    input = [20]
    layers = [
      { use = "hidden", repeat = 6 },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

Confidence: high for `Dense` layers. On a balanced task of 20 features, 20 and 34 layers of 64 units stayed at chance
for 18 epochs of Adam with `glorot_uniform`, where 3 layers reached 0.87; with `he_normal`, 20 layers reached as much,
and 34 stayed at chance too. So 30 layers and more are told whatever they start with. For convolutions it is a hint:
VGG networks have 15 such layers and more, and have been trained, with care.

References:
    He et al., Delving Deep into Rectifiers, 2015
    AUTOTRAINER, "oscillating loss" and "dying relu" (Zhang et al., 2021)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.signal import gains_by_stretch
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule

_RELU = frozenset({"relu", "relu6"})


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    if len(facts.flow.weighted) < 16 or facts.flow.depth < 15:
        return
    for run in gains_by_stretch(facts.signal_gains, facts.flow.last_weights, _RELU):
        factor = 1.0
        for level in run:
            factor *= level.gain / 2**0.5
        fades = factor <= 0.02 or factor >= 50
        if len(run) < 15 or not (fades or len(run) >= 30):
            continue
        message = f"{len(run)} relu layers in a row without normalization"
        if fades:
            size = f"{factor:.0f} times larger" if factor > 1 else f"{1 / factor:.0f} times smaller"
            message += f" start by making the signal {size}"
        yield Violation(
            RULE.name,
            message,
            path=run[0].step.entry.path,
            anchor="layer",
            label=f"the first of {len(run)}",
            related=[(run[-1].step.entry.path, "the last of them")],
            help="put BatchNormalization between them, or use fewer layers"
            + (', or write kernel_initializer = "he_normal"' if fades and len(run) < 30 else ""),
            severity=None if all(level.step.entry.type == "Dense" for level in run) else "info",
        )


RULE = Rule(
    code="SEQ406",
    name="deep-network-without-normalization",
    severity="warning",
    requires=Requires(activations=("relu", "relu6")),
    check=check,
    docs=__doc__,
)
