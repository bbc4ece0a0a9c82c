"""Label values that are not class indices.

What it does: Detects a label range that does not match the declared classes: class indices that start at 1, fractions
where integers are expected, or -1/1 where 0/1 is expected.

Why is this bad? With a class index that has no output unit, sparse_categorical_crossentropy raises an error on CPU and
returns NaN on GPU. It truncates fractions, so labels that were scaled together with the pixels all become class 0.
binary_crossentropy with labels outside of [0, 1] is unbounded below, and training diverges.

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
    range = [1, 10]

    [compile]
    loss = "sparse_categorical_crossentropy"

Use instead:
    -range = [1, 10]

Confidence: certain for a declared range. Regression losses accept any label and are not reported, nor is a loss with
ignore_class.

References:
    keras.losses.SparseCategoricalCrossentropy, keras.losses.BinaryCrossentropy
    Stack Overflow 59325381 (DeepLocalize, Wardat et al., 2021), defect4ML 098 (Morovati et al., 2023)
"""

from seqspec.core.analysis.data.declared_data import Labels
from seqspec.core.linter.rules import Facts, Findings, Setting, finding, fmt, rule


@rule("SEQ329", "error", graphs="head", tables="target", losses="cross_entropy", arguments="range")
def check(facts: Facts) -> Findings:
    objective, labels = facts.output.objective, facts.output.labels
    if objective is None or labels is None or "cross_entropy" not in objective.traits:
        return
    if getattr(facts.target, "range", None) is None or not labels.classes:
        return
    if objective.argument("ignore_class") is not None:
        return
    most = labels.classes - 1 if labels.encoding == "integer" else 1
    integral = labels.low % 1 == 0 and labels.high % 1 == 0
    if labels.low >= 0 and labels.high <= most and (integral or labels.encoding == "probabilities"):
        return
    expected = fmt("0 to {}", most) if most > 1 else "0 and 1"
    help: str = fmt("encode labels as {}", expected)
    if labels.encoding == "integer":
        kind = "class indices must be" if integral else "class indices must be integers:"
        if labels.low == 1 and labels.high == labels.classes:
            help = fmt("subtract 1 from every label, or set {}", Setting("classes", labels.classes + 1))
    else:
        kind = fmt("{} labels must be", _form(labels))
    yield finding(
        fmt("labels range from {:g} to {:g}, but {} {}", labels.low, labels.high, kind, expected),
        path=("target", "range"),
        label="outside of the classes" if integral else "scaled with the inputs?",
        related=[(objective.path, fmt("expects {}", labels.description))],
        help=help if integral else fmt("keep the labels as {}, and scale only the inputs", expected),
    )


def _form(labels: Labels) -> str:
    return "one-hot" if labels.encoding == "one_hot" else "probabilities"
