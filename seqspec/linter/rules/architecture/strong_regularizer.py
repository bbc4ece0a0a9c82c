"""Weight penalty that outweighs the loss.

What it does: finds `kernel_regularizer` with L2 of 0.05 or more, or L1 of 0.01 or more on 10 000 weights or more; L1
or L2 of 0.005 or more are a hint.

Why it hurts: the penalty is a part of the loss. Where it is larger than all the rest, training makes the weights small
and little else: a layer of 512 units that starts with `he_normal` adds about 100 to the loss with L2 of 0.1, where ten
classes add 2.3.

Example:
    seqspec = 1

    [model]
    input = [64]
    layers = [
      { type = "Dense", units = 64, activation = "relu", kernel_regularizer = "l2(0.1)" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Instead:
    seqspec = 1

    [model]
    input = [64]
    layers = [
      { type = "Dense", units = 64, activation = "relu", kernel_regularizer = "l2(1e-4)" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Confidence: high from 0.05 on. 0.01 is the default of Keras and common; it slows training, so it is a hint.

References:
    TheDeepChecker, "over_regularization" (Ben Braiek and Khomh, 2022)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.numbers import short
from seqspec.analysis.penalties import factors_of
from seqspec.catalog.keras_object import given_arguments
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    for step in facts.flow:
        entry = step.entry
        penalty = given_arguments(entry.layer).get("kernel_regularizer")
        if penalty is None or step.kind == "opaque":
            continue
        l1, l2 = factors_of(penalty)
        factor, name = (l1, "L1") if l1 >= l2 else (l2, "L2")
        loud = l2 >= 0.05 or l1 >= 0.05 or (l1 >= 0.01 and entry.params >= 10_000)
        if factor < 0.005:
            continue
        path = (*entry.path, "kernel_regularizer")
        yield Violation(
            RULE.name,
            f"{name} of {short(factor)} on {entry.params} weights "
            + ("outweighs the loss, so that they only shrink" if loud else "is strong and may hold them small"),
            path=path,
            label=f"{name} of {short(factor)}",
            help='write 1e-5 to 1e-3, such as { type = "L2", l2 = 1e-4 }',
            severity=None if loud else "info",
            fix=TreeFix("use L2 of 1e-4", (set_value(path, {"type": "L2", "l2": 1e-4}),)),
        )


RULE = Rule(
    code="SEQ450",
    name="strong-regularizer",
    severity="warning",
    requires=Requires(arguments=("kernel_regularizer",)),
    check=check,
    docs=__doc__,
)
