"""Sorted data that is split or trained on without shuffling.

What it does: Detects `validation_split` or `shuffle = false` with sorted samples (`ordered = true` in `[data.train]`)
of a classification task.

Why is this bad? Keras splits off the last samples for validation, before shuffling. In data sorted by class, these are
classes that the model is never trained on. Without shuffling, each batch contains a single class, and updates undo each
other.

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

Use instead:
    -validation_split = 0.2

     ordered = true
    +
    +[data.validation]

Confidence: only reported if labels are classes. Time series are correctly split at the end and are not reported.

References:
    keras.Model.fit: validation_split, "the last samples in the x and y data provided, before shuffling"
"""

from seqspec.core.analysis.data.declared_data import class_count
from seqspec.core.linter.rules import Facts, Findings, Setting, SpecOrProgram, TableName, finding, fmt, rule


@rule("SEQ612", "warning", graphs="all", tables="fit", arguments="ordered")
def check(facts: Facts) -> Findings:
    train = facts.data.train
    target = facts.target
    if train is None or not train.ordered or class_count(target) is None or (target is not None and target.shape):
        return
    related = [(("data", "train", "ordered"), "samples are sorted")]
    for split in facts.inputs.splits:
        path = facts.stage_path(split.number)
        if split.splits:
            share = split.stage.validation_split
            yield finding(
                fmt("validation_split holds out the last {:.0%} of sorted samples, which contain other classes", share),
                path=(*path, "validation_split"),
                related=related,
                help=fmt(
                    "shuffle the samples beforehand{}, or {}",
                    SpecOrProgram(fmt(" and set {}", Setting("ordered", False))),
                    SpecOrProgram(fmt("declare {}", TableName(("data", "validation"))), "pass validation_data"),
                ),
            )
        if split.stage.shuffle is False:
            yield finding(
                fmt("{} with sorted samples leads to batches of a single class", Setting("shuffle", False)),
                path=(*path, "shuffle"),
                related=related,
                help="remove it: Keras shuffles by default",
            )
