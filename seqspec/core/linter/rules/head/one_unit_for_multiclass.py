"""Single output unit for more than two classes.

What it does: Detects a model with one output unit for labels with more than two classes.

Why is this bad? A single sigmoid only distinguishes two classes. With class indices above 1 as labels the loss is
unbounded below; Keras computes it silently.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [target]
    kind = "multiclass"
    classes = 10

    [compile]
    loss = "binary_crossentropy"

Use instead:
    -  { type = "Dense", units = 1, activation = "sigmoid" },
    +  { type = "Dense", units = 10, activation = "softmax" },

    -loss = "binary_crossentropy"
    +loss = "sparse_categorical_crossentropy"

Confidence: certain.

References:
    keras.losses.BinaryCrossentropy
    Stack Overflow 41596619, 60874661, 50079585
"""

from seqspec.core.analysis.head_fixes import classes_fix
from seqspec.core.linter.rules import Facts, Findings, Setting, at_layer, finding, fmt, rule


@rule("SEQ319", "error", graphs="head", targets="multiclass", losses=("binary", "hinge"))
def check(facts: Facts) -> Findings:
    objective, labels, output = facts.output.objective, facts.output.labels, facts.output.tensor
    if objective is None or labels is None or output is None or labels.kind != "multiclass" or labels.classes < 3:
        return
    if objective.traits.isdisjoint(("binary", "hinge")) or output.sample[-1:] != (1,) or labels.encoding != "integer":
        return
    entry = facts.output.head.entry if facts.output.head is not None else facts.output.layers[-1]
    yield finding(
        fmt("labels have {} classes, but a single output unit only distinguishes two", labels.classes),
        **at_layer(entry, "units"),
        label=fmt("needs {}", labels.classes),
        related=[(("target", "classes"), fmt("{} classes", labels.classes))],
        help=fmt(
            "use {} units with softmax and set {}", labels.classes, Setting("loss", "sparse_categorical_crossentropy")
        ),
        fix=classes_fix(facts, labels.classes, "sparse_categorical_crossentropy"),
    )
