"""Dataset without samples.

What it does: finds sets without samples: a `validation_split` that takes none or all of the training data, and sets
that are declared with 0 samples. A split that keeps half of the data or more is a hint.

Why it hurts: Keras refuses to train when a side of the split is empty, and measures nothing on an empty set.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [compile]
    loss = "mse"

    [fit]
    epochs = 20
    validation_split = 0.9999

    [data.train]
    samples = 1200

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [compile]
    loss = "mse"

    [fit]
    epochs = 20
    validation_split = 0.25

    [data.train]
    samples = 1200

Confidence: certain: the same sum as Keras's.

References:
    keras/src/trainers/data_adapters/array_slicing.py, train_validation_split
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule

_MOST = 0.5


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    empty = [name for name, one in facts.datasets if one.samples == 0]
    for name in empty:
        yield Violation(
            RULE.name,
            f"[data.{name}] has no sample",
            path=("data", name, "samples"),
            help="correct the number, or leave the table out",
        )
    for split in facts.splits:
        share = split.stage.validation_split
        if not split.splits or "train" in empty:
            continue
        path = (*facts.stage_path(split.number), "validation_split")
        if 0 in (split.train, split.validation):
            side = "nothing to learn from" if split.train == 0 else "nothing for validation"
            yield Violation(
                RULE.name,
                f"validation_split {share:g} of {split.whole} samples leaves {side}: Keras refuses it",
                path=path,
                related=[(("data", "train", "samples"), f"{split.whole} samples")],
                help="write a share such as 0.2, or describe a set of its own in [data.validation]",
            )
        elif share >= _MOST:
            yield Violation(
                RULE.name,
                f"validation_split takes {share:.0%} of the training data" + _numbers(split.train, split.validation),
                path=path,
                severity="info",
                help="0.1 to 0.3 is usual",
            )


def _numbers(train: int | None, validation: int | None) -> str:
    return "" if train is None else f": {train} samples are left to learn from, {validation} only watch"


RULE = Rule(
    code="SEQ611",
    name="empty-dataset",
    severity="error",
    requires=(
        Requires(tables=("data",)),
        Requires(tables=("fit",), arguments=("validation_split",)),
    ),
    check=check,
    docs=__doc__,
)
