"""Number of output units that differs from the number of classes.

What it does: finds a last layer with another number of outputs than labels have classes.

Why it hurts: With too few outputs, or with one-hot labels of another length, Keras raises in training. With too many
the surplus ones learn only that they are never right.

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

Confidence: certain where labels do not fit; a warning where outputs are left over.

References:
    keras.losses.SparseCategoricalCrossentropy
    Tensfa SFData 51802524, 59619015
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    labels, meets, output = facts.labels, facts.loss_compatibility, facts.output
    if labels is None or meets is None or output is None or not meets.reasons & {"units", "spare"}:
        return
    kind = "units" if "units" in meets.reasons else "spare"
    units = output.sample[-1]
    layer = facts.head.entry if facts.head is not None else facts.layers[-1]
    place = (*layer.path, "units") if "units" in layer.layer.model_fields_set else layer.path
    needed = labels.shape[-1] if labels.encoding != "integer" and labels.shape else labels.classes
    most = f"labels go up to {labels.classes - 1}" if labels.encoding == "integer" else f"labels have {needed} numbers"
    single = units == 1 and labels.classes == 2 and kind == "units"
    yield Violation(
        RULE.name,
        f"the model emits {units} number{'s' if units != 1 else ''}, but {most}",
        path=place,
        anchor="value" if place != layer.path else "layer",
        label=f"{'needs' if kind == 'units' else 'there are only'} {needed}",
        related=[(labels.path, f"a label is {labels.words}")],
        help=f"write {needed} units" + (', or loss = "binary_crossentropy" and labels of shape ()' if single else ""),
        severity="error" if kind == "units" else "warning",
        fix=TreeFix(f"give it {needed} units", (set_value(place, needed),))
        if place != layer.path and isinstance(needed, int) and layer is facts.layers[-1]
        else None,
    )


RULE = Rule(
    code="SEQ323",
    name="output-units-mismatch",
    severity="error",
    requires=Requires(mismatches=("units", "spare")),
    check=check,
    docs=__doc__,
)
