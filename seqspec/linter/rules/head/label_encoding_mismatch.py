"""Label encoding that the loss does not accept.

What it does: finds labels in a form that the loss does not take, such as numbers of classes for
categorical_crossentropy.

Why it hurts: Keras raises in the first step of training, after everything was loaded.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [target]
    kind = "multiclass"
    classes = 10

    [compile]
    loss = "categorical_crossentropy"

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [target]
    kind = "multiclass"
    classes = 10

    [compile]
    loss = "sparse_categorical_crossentropy"

Confidence: certain: Keras refuses, for every batch size but one that happens to equal a size of the model.

References:
    keras.losses.SparseCategoricalCrossentropy, keras.losses.CategoricalCrossentropy
    Tensfa SFData 46501505, 49392972, 58398491
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.loss_compatibility import better_loss
from seqspec.analysis.objective import SPARSE
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule
from seqspec.shapes.dims import show


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    objective, labels, meets, output = facts.objective, facts.labels, facts.loss_compatibility, facts.output
    if objective is None or labels is None or meets is None or output is None:
        return
    if not meets.reasons & {"encoding", "shape"}:
        return
    predictions = output.sample
    wanted = better_loss(objective, labels) if "encoding" in meets.reasons else None
    if objective.loss in SPARSE:
        needs = f"the number of a class, shape {show(predictions[:-1])}"
    elif objective.loss == "CTC":
        needs = "a sequence of classes, and scores of shape (steps, classes) from the model"
    else:
        needs = f"labels of shape {show(predictions)}, one number for each output"
    yield Violation(
        RULE.name,
        f"{objective.word} needs {needs}, but a label is {labels.words}",
        path=objective.path,
        label="refuses these labels",
        related=[(labels.path, "what labels are like")],
        notes=[f"arrives: {show(predictions)}, what the model emits"],
        help=f'write "{wanted}"'
        if wanted
        else f"give labels of shape {show(predictions)}, or say in [target] that they are",
        fix=TreeFix(f"use {wanted}", (set_value(objective.path, wanted),)) if wanted else None,
    )


RULE = Rule(
    code="SEQ322",
    name="label-encoding-mismatch",
    severity="error",
    requires=Requires(mismatches=("encoding", "shape")),
    check=check,
    docs=__doc__,
)
