"""Loss for mutually exclusive classes with multi-label targets.

What it does: Detects a softmax, or a loss for mutually exclusive classes, where [target] declares multi-label targets.

Why is this bad? softmax outputs sum to 1. With three true classes each can reach at most 1/3, and a confident
prediction of one class suppresses the others.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 5, activation = "softmax" },
    ]

    [target]
    kind = "multilabel"
    classes = 5

    [compile]
    loss = "categorical_crossentropy"

Use instead:
    -  { type = "Dense", units = 5, activation = "softmax" },
    +  { type = "Dense", units = 5, activation = "sigmoid" },

    -loss = "categorical_crossentropy"
    +loss = "binary_crossentropy"

Confidence: certain.

References:
    keras.losses.CategoricalCrossentropy
    DLContract, multi-label head
"""

from seqspec.core.linter.rules import Facts, Findings, Message, Setting, TreeFix, finding, fmt, join, rule, set_value


@rule("SEQ320", "error", graphs="head", tables="compile", targets="multilabel")
def check(facts: Facts) -> Findings:
    head, objective, labels = facts.output.head, facts.output.objective, facts.output.labels
    if objective is None or labels is None or labels.kind != "multilabel" or labels.classes < 2:
        return
    softmax = head is not None and head.distribution and not head.constant
    exclusive = "exclusive" in objective.traits
    if not (exclusive or (softmax and "regression" not in objective.traits)):
        return
    changes = []
    steps: list[str] = []
    if exclusive:
        steps.append(Message(Setting("loss", "binary_crossentropy")))
        changes.append(set_value(objective.path, "binary_crossentropy"))
    if softmax and head is not None:
        steps.append(fmt("{} in the last layer", Setting("activation", "sigmoid")))
        changes.append(set_value(head.path, "sigmoid"))
    location = {"path": objective.path} if exclusive or head is None else {"path": head.path, "anchor": head.anchor}
    description = (
        fmt("{} assumes exactly one class per sample", objective.name)
        if exclusive
        else "softmax assumes exactly one class per sample"
    )
    yield finding(
        fmt("{}, but labels are multi-hot over {} classes", description, labels.classes),
        label="one class per sample",
        related=[(("target", "kind"), "several classes per sample")],
        help="set " + join(" and ", steps),
        fix=TreeFix("treat each class independently", tuple(changes)) if head is None or head.simple else None,
        **location,
    )
