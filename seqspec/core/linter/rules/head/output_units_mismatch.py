"""Number of output units that differs from the number of classes.

What it does: Detects a last layer whose number of units differs from the number of classes.

Why is this bad? With too few units, or with one-hot labels of a different length, Keras raises an error in training.
With too many, the extra units never match a label.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 4, activation = "softmax" },
    ]

    [target]
    kind = "multiclass"
    classes = 10

    [compile]
    loss = "sparse_categorical_crossentropy"

Use instead:
    -  { type = "Dense", units = 4, activation = "softmax" },
    +  { type = "Dense", units = 10, activation = "softmax" },

Confidence: certain where labels do not fit; a warning for extra units.

References:
    keras.losses.SparseCategoricalCrossentropy
    Tensfa SFData 51802524, 59619015
"""

from seqspec.core.analysis.head_fixes import units_path
from seqspec.core.linter.rules import Facts, Findings, Setting, finding, fix_setting, fmt, rule


@rule("SEQ323", "error", graphs="head", mismatches=("units", "spare"))
def check(facts: Facts) -> Findings:
    labels, compatibility, output = facts.output.labels, facts.output.loss_compatibility, facts.output.tensor
    if labels is None or compatibility is None or output is None or not compatibility.reasons & {"units", "spare"}:
        return
    kind = "units" if "units" in compatibility.reasons else "spare"
    units = output.sample[-1]
    layer = facts.output.head.entry if facts.output.head is not None else facts.output.layers[-1]
    written = units_path(facts)
    place = written if written is not None and written[:-1] == layer.path else layer.path
    needed = labels.shape[-1] if labels.encoding != "integer" and labels.shape else labels.classes
    first = max(int(labels.low), 0) if labels.encoding == "integer" else 0
    shifted = first > 0 and units == labels.classes - first
    most = (
        fmt("the labels are {} to {}", first, labels.classes - 1)
        if labels.encoding == "integer"
        else fmt("labels have {} columns", needed)
    )
    single = units == 1 and labels.classes == 2 and kind == "units"
    yield finding(
        fmt("the model has {} output unit{}, but {}", units, "s" if units != 1 else "", most),
        path=place,
        anchor="value" if place != layer.path else "layer",
        label=fmt("{} {}", "needs" if kind == "units" else "only needs", needed),
        related=[
            (
                labels.path,
                fmt("the smallest label is {}", first) if shifted else fmt("each label is {}", labels.description),
            )
        ],
        help=(fmt("subtract {} from the labels, or ", first) if shifted else "")
        + fmt("use {} unit{}", needed, "s" if needed != 1 else "")
        + (fmt(", or {} and labels of shape ()", Setting("loss", "binary_crossentropy")) if single else ""),
        severity="error" if kind == "units" else "warning",
        fix=fix_setting(needed, written) if written is not None and isinstance(needed, int) and not shifted else None,
    )
