"""Label encoding that the loss does not accept.

What it does: Detects labels in an encoding that the loss does not accept, such as class indices for
categorical_crossentropy.

Why is this bad? Keras raises an error in the first training step, after all data has been loaded.

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

Use instead:
    -loss = "categorical_crossentropy"
    +loss = "sparse_categorical_crossentropy"

Confidence: certain: Keras raises for every batch size except one that happens to equal a model dimension.

References:
    keras.losses.SparseCategoricalCrossentropy, keras.losses.CategoricalCrossentropy
    Tensfa SFData 46501505, 49392972, 58398491
"""

from seqspec.core.analysis.data.declared_data import Labels
from seqspec.core.analysis.head_fixes import units_path
from seqspec.core.analysis.training.loss_compatibility import better_loss
from seqspec.core.linter.rules import (
    Declared,
    Facts,
    Findings,
    SpecOrProgram,
    TableName,
    TreeFix,
    Value,
    finding,
    fix_setting,
    fmt,
    rule,
    show,
)


@rule("SEQ322", "error", graphs="head", mismatches=("encoding", "shape"))
def check(facts: Facts) -> Findings:
    objective, labels = facts.output.objective, facts.output.labels
    compatibility, output = facts.output.loss_compatibility, facts.output.tensor
    if objective is None or labels is None or compatibility is None or output is None:
        return
    if not compatibility.reasons & {"encoding", "shape"}:
        return
    predictions = output.sample
    expected_shape = predictions[:-1] if "sparse" in objective.traits else predictions
    suggested = better_loss(objective, labels) if "encoding" in compatibility.reasons else None
    if "sparse" in objective.traits:
        requirement: str = fmt("a class index, shape {}", show(expected_shape))
    elif objective.loss == "CTC":
        requirement = "a sequence of class indices, and model outputs of shape (steps, classes)"
    else:
        requirement = fmt("labels of shape {}, one value per output", show(expected_shape))
    help = fmt(
        "provide labels of shape {}{}",
        show(expected_shape),
        SpecOrProgram(fmt(", and declare that shape under {}", TableName(("target",)))),
    )
    if labels.kind == "reconstruction":
        help = fmt("change the layers so that the output has the shape of the input, {}", show(labels.shape))
    yield finding(
        fmt("{} expects {}, but each label is {}", objective.name, requirement, labels.description),
        path=objective.path,
        label="does not accept these labels",
        related=[(labels.path, Declared("labels"))],
        notes=[fmt("model output shape: {}", show(predictions))],
        help=fmt("use {}", Value(suggested)) if suggested else help,
        fix=fix_setting(suggested, objective.path) if suggested else _single_unit(facts, labels),
    )


def _single_unit(facts: Facts, labels: Labels) -> TreeFix | None:
    """The fix for numbers as labels and an output of several units: one unit."""
    path = units_path(facts)
    is_number = labels.kind == "regression" and labels.shape == ()
    return fix_setting(1, path) if is_number and path is not None else None
