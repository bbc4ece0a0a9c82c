"""Stacked exponential activations, which overflow.

What it does: finds hidden layers with `exponential` one after the other: three are an error, two a warning.

Why it hurts: the exponential of an exponential leaves the range of numbers for quite ordinary inputs: exp(exp(5)) is a
number of 65 digits, more than float32 holds. The loss is infinite or NaN from the first batch on.

Example:
    seqspec = 1

    [model]
    input = [2]
    layers = [
      { type = "Dense", units = 5, activation = "exponential" },
      { type = "Dense", units = 5, activation = "exponential" },
      { type = "Dense", units = 5, activation = "exponential" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

    [compile]
    loss = "sparse_categorical_crossentropy"

Instead:
    seqspec = 1

    [model]
    input = [2]
    layers = [
      { type = "Dense", units = 5, activation = "relu" },
      { type = "Dense", units = 5, activation = "relu" },
      { type = "Dense", units = 5, activation = "relu" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

    [compile]
    loss = "sparse_categorical_crossentropy"

Confidence: high: with layers as wide as their inputs, the mean square of the signal is 7 after one of them, 2 million
after two, and beyond float32 after three. A normalization between two of them starts the count anew.

References:
    DeepLocalize and DeepDiagnosis, "numerical error" (Wardat et al., 2021 and 2022)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    flow = facts.flow
    if len(flow.indices_by_activation["exponential"]) < 2:
        return
    run: list[tuple[str | int, ...]] = []
    runs = [run]
    for step in flow[: max(flow.last_weights, 0)]:
        if step.activation == "exponential":
            run.append((*step.entry.path, "activation"))
        elif step.kind in ("norm", "opaque", "recurrent") or step.activation not in (None, "linear"):
            run = []
            runs.append(run)
    for run in runs:
        if len(run) < 2:
            continue
        yield Violation(
            RULE.name,
            f"{len(run)} exponentials one after the other leave the range of numbers",
            path=run[0],
            label="the first one",
            related=[(path, "and another one") for path in run[1:]],
            help='write "relu"',
            severity=None if len(run) > 2 else "warning",
            fix=TreeFix("use relu", tuple(set_value(path, "relu") for path in run)),
        )


RULE = Rule(
    code="SEQ407",
    name="stacked-exponential",
    severity="error",
    requires=Requires(activations=("exponential",)),
    check=check,
    docs=__doc__,
)
