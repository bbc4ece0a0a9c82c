"""Precision or recall over both columns of a two-class output.

What it does: Detects precision, recall and similar metrics computed over both outputs of a two-class softmax.

Why is this bad? Each sample has one true and one false column, in the labels and in the predictions. Over both columns,
precision, recall and accuracy are the same number, and performance on the rare class is hidden.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 2, activation = "softmax" },
    ]

    [compile]
    loss = "categorical_crossentropy"
    metrics = ["accuracy", { type = "Recall" }, "AUC"]

Use instead:
    -metrics = ["accuracy", { type = "Recall" }, "AUC"]
    +metrics = ["accuracy", { type = "Recall", class_id = 1 }, "AUC"]

Confidence: certain, by arithmetic.

References:
    keras.metrics.Recall, argument class_id
    deepmufl 68701979
"""

from seqspec.core.linter.rules import Facts, Findings, TreeFix, Value, finding, fmt, rule, set_value


@rule("SEQ346", "warning", graphs="head", metrics="confusion")
def check(facts: Facts) -> Findings:
    head = facts.output.head
    if head is None or head.units != 2 or not head.distribution:
        return
    for result in facts.output.metric_results:
        measure = result.measure
        if "confusion" not in result.traits or result.step.refused or result.step.broadcasts:
            continue
        if measure.argument("class_id") is not None or measure.argument("thresholds") not in (None, 0.5):
            continue
        sided = result.metric in ("Precision", "Recall")
        yield finding(
            fmt("{} counts both outputs, which are complements of each other", measure.name),
            path=measure.path,
            label="equal to accuracy" if sided else "counts each sample twice",
            related=[(head.path, "two classes")],
            help=fmt("use {}", Value({"type": result.metric, "class_id": 1}))
            if sided
            else "use one output unit with sigmoid and binary_crossentropy",
            fix=TreeFix(
                "evaluate class 1 only",
                (set_value(measure.path, {"type": result.metric, **measure.arguments, "class_id": 1}),),
            )
            if sided
            else None,
        )
