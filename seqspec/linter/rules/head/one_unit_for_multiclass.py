"""Single output unit for more than two classes.

What it does: finds a model with one output for labels of more than two classes.

Why it hurts: A single sigmoid tells yes from no. With numbers of classes above 1 as labels its loss has no least value;
Keras computes on without a word.

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

Confidence: certain.

References:
    keras.losses.BinaryCrossentropy
    StackOverflow 41596619, 60874661, 50079585
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.objective import BINARY, HINGES
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    objective, labels, output = facts.objective, facts.labels, facts.output
    if objective is None or labels is None or output is None or labels.kind != "multiclass" or labels.classes < 3:
        return
    if objective.loss not in BINARY | HINGES or output.sample[-1:] != (1,) or labels.encoding != "integer":
        return
    entry = facts.head.entry if facts.head is not None else facts.layers[-1]
    yield Violation(
        RULE.name,
        f"labels are of {labels.classes} classes, but the model emits one number, which tells yes from no",
        path=(*entry.path, "units") if "units" in entry.layer.model_fields_set else entry.path,
        anchor="value" if "units" in entry.layer.model_fields_set else "layer",
        label=f"needs {labels.classes}",
        related=[(("target", "classes"), f"{labels.classes} classes")],
        help=f'give it {labels.classes} units with softmax, and write loss = "sparse_categorical_crossentropy"',
    )


RULE = Rule(
    code="SEQ319",
    name="one-unit-for-multiclass",
    severity="error",
    requires=Requires(targets=("multiclass",), losses=BINARY | HINGES),
    check=check,
    docs=__doc__,
)
