"""Categorical loss on a model with a single output unit.

What it does: Detects a categorical cross-entropy on a model with one output unit.

Why is this bad? These losses normalize each class by the sum over all classes. With one class that ratio is always 1,
so the loss is exactly 0 from the first step and has no gradient; sparse_categorical_crossentropy additionally rejects
every label except 0.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    loss = "categorical_crossentropy"

Use instead:
    -loss = "categorical_crossentropy"
    +loss = "binary_crossentropy"

Confidence: certain. Keras warns about it, but the warning is easily lost in the training log.

References:
    keras.losses.CategoricalCrossentropy
    NeuraLint f015, f020 (Nikanjam et al., 2021)
"""

from seqspec.core.analysis.head_fixes import classes_fix
from seqspec.core.linter.rules import Facts, Findings, TreeFix, finding, fmt, rule, set_value


@rule("SEQ302", "error", graphs="head", losses="exclusive")
def check(facts: Facts) -> Findings:
    head, objective = facts.output.head, facts.output.objective
    if objective is None or "exclusive" not in objective.traits:
        return
    if facts.output.tensor is None or facts.output.tensor.sample[-1:] != (1,):
        return
    if objective.argument("axis", -1) != -1:
        return
    labels = facts.output.labels
    several = labels is not None and labels.classes > 2
    only = "only accepts class 0" if "sparse" in objective.traits else "is always 0"
    changes = (set_value(objective.path, "binary_crossentropy"),)
    yield finding(
        fmt("{} over one unit {}, so nothing can be learned", objective.name, only),
        path=objective.path,
        label="needs at least two classes",
        related=[((head.entry if head else facts.output.layers[-1]).path, "one output unit")],
        help="use one output unit per class, with softmax"
        if several
        else 'use "binary_crossentropy" for binary labels, or use one output unit per class',
        fix=classes_fix(facts, labels.classes)
        if labels is not None and several
        else TreeFix("use binary_crossentropy", changes),
        alternative=classes_fix(facts, 2) if labels is None else None,
    )
