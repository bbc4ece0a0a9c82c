"""Independent sigmoid outputs for mutually exclusive classes.

What it does: Detects sigmoid outputs with binary_crossentropy, or with class probabilities a regression loss, where
classes are mutually exclusive.

Why is this bad? Each class is treated independently, so the outputs do not sum to 1 and several classes, or none, may
be predicted. "accuracy" then resolves to binary accuracy over columns: with 10 classes a model that always predicts
"no" scores 0.9.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "sigmoid" },
    ]

    [target]
    kind = "multiclass"
    classes = 10
    encoding = "one_hot"

    [compile]
    loss = "binary_crossentropy"

Use instead:
    -  { type = "Dense", units = 10, activation = "sigmoid" },
    +  { type = "Dense", units = 10, activation = "softmax" },

    -loss = "binary_crossentropy"
    +loss = "categorical_crossentropy"

Confidence: high. Such a model trains and finds the most likely class; it is only reported with [target], since
otherwise the task may be multi-label.

References:
    keras.losses.BinaryCrossentropy
    deepmufl 58333926, 60508218 (Ghanbari et al., 2023)
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, TreeFix, finding, fmt, rule, set_value


@rule("SEQ321", "warning", graphs="head", losses=("binary", "regression"), arguments="encoding")
def check(facts: Facts) -> Findings:
    head, objective, labels = facts.output.head, facts.output.objective, facts.output.labels
    if head is None or objective is None or labels is None or not labels.exclusive or head.distribution:
        return
    shared = labels.encoding == "probabilities"
    if objective.traits.isdisjoint(("binary", "regression") if shared else ("binary",)):
        return
    if labels.encoding == "integer" or head.units != labels.classes:
        return
    if "probability" not in head.traits and not objective.from_logits:
        return
    logits = objective.from_logits
    changes = [set_value(objective.path, "categorical_crossentropy")]
    if not logits:
        changes.append(set_value(head.path, "softmax"))
    loss = {"type": "CategoricalCrossentropy", "from_logits": True} if logits else "categorical_crossentropy"
    yield finding(
        fmt("{} treats each of {} classes independently, but ", objective.name, head.units)
        + ("their probabilities sum to 1" if shared else "each sample has exactly one"),
        path=objective.path,
        label="treats each class independently",
        related=[(("target", "encoding"), "sum to 1") if shared else (("target", "kind"), "one class per sample")],
        help=fmt("set {}", Setting("loss", loss))
        + ("" if logits else fmt(" and {} in the last layer", Setting("activation", "softmax"))),
        fix=TreeFix("use softmax", tuple(changes)) if head.simple and not logits else None,
    )
