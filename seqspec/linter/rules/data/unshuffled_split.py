"""Sorted data that is split or trained on without shuffling.

What it does: finds `validation_split` or `shuffle = false` on classes whose samples are in order (`ordered = true` in
`[data.train]`).

Why it hurts: Keras takes the last part of the data for validation, before it shuffles. In data sorted by class these
are classes that the model never learns. Without shuffling, every batch holds one class, and each one undoes what the
last has taught.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

    [target]
    kind = "multiclass"
    classes = 3

    [compile]
    loss = "sparse_categorical_crossentropy"

    [fit]
    epochs = 20
    validation_split = 0.2

    [data.train]
    ordered = true

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

    [target]
    kind = "multiclass"
    classes = 3

    [compile]
    loss = "sparse_categorical_crossentropy"

    [fit]
    epochs = 20

    [data.train]
    ordered = true

    [data.validation]

Confidence: it speaks only where labels are classes. Samples in the order of time, as for a forecast, are rightly split
at the end, and nothing is said of them.

References:
    keras.Model.fit: validation_split, "the last samples in the x and y data provided, before shuffling"
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.classes import class_count
from seqspec.analysis.facts import Facts
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    train = facts.data.train if facts.data is not None else None
    target = facts.target
    if train is None or not train.ordered or class_count(target) is None or (target is not None and target.shape):
        return
    related = [(("data", "train", "ordered"), "the samples are in order")]
    for split in facts.splits:
        path = facts.stage_path(split.number)
        if split.splits:
            share = split.stage.validation_split
            yield Violation(
                RULE.name,
                f"validation_split takes the last {share:.0%} of samples that are in order: classes of their own",
                path=(*path, "validation_split"),
                related=related,
                help="shuffle the samples before and write ordered = false, or describe [data.validation]",
            )
        if split.stage.shuffle is False:
            yield Violation(
                RULE.name,
                "shuffle = false gives batches of one class: the samples are in order",
                path=(*path, "shuffle"),
                related=related,
                help="remove it: Keras shuffles by itself",
            )


RULE = Rule(
    code="SEQ612",
    name="unshuffled-split",
    severity="warning",
    requires=Requires(tables=("fit",), arguments=("ordered",)),
    check=check,
    docs=__doc__,
)
