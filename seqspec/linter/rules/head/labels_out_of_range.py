"""Label values that are not class indices.

What it does: finds labels that are no labels of the classes which [target] says there are: numbers from 1 on where
classes count from 0, fractions where whole numbers are wanted, -1 and 1 where 0 and 1 are.

Why it hurts: sparse_categorical_crossentropy fails on the number of a class that the model has no output for, on a CPU
at once and on a GPU with a loss of NaN. It cuts fractions off, so that labels which were scaled with the pixels are all
class 0. binary_crossentropy of labels beyond 0 and 1 has no least value, and training follows it without end.

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

Confidence: certain for what lies in the range. Losses that measure a distance take any number, and nothing is said of
them; nor where the loss has an ignore_class, for labels of which it makes nothing.

References:
    keras.losses.SparseCategoricalCrossentropy, keras.losses.BinaryCrossentropy
    StackOverflow 59325381 (DeepLocalize, Wardat et al., 2021), defect4ML 098 (Morovati et al., 2023)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.labels import Labels
from seqspec.analysis.objective import CROSS_ENTROPIES
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    objective, labels = facts.objective, facts.labels
    if objective is None or labels is None or objective.loss not in CROSS_ENTROPIES:
        return
    if getattr(facts.target, "range", None) is None or not labels.classes:
        return
    if objective.argument("ignore_class") is not None:
        return
    most = labels.classes - 1 if labels.encoding == "integer" else 1
    whole = labels.low % 1 == 0 and labels.high % 1 == 0
    if labels.low >= 0 and labels.high <= most and (whole or labels.encoding == "probabilities"):
        return
    wanted = f"0 to {most}" if most > 1 else "0 and 1"
    help = f"give labels as {wanted}"
    if labels.encoding == "integer":
        kind = "the numbers of classes are" if whole else "the numbers of classes are whole:"
        if labels.low == 1 and labels.high == labels.classes:
            help = f"take 1 from every label, or write classes = {labels.classes + 1}"
    else:
        kind = f"labels are {_form(labels)},"
    yield Violation(
        RULE.name,
        f"labels go from {labels.low:g} to {labels.high:g}, but {kind} {wanted}",
        path=("target", "range"),
        label="beyond the classes" if whole else "scaled with the inputs?",
        related=[(objective.path, f"takes {labels.words}")],
        help=help if whole else f"leave labels as they are, {wanted}, and scale only the inputs",
    )


def _form(labels: Labels) -> str:
    return "one-hot" if labels.encoding == "one_hot" else "probabilities"


RULE = Rule(
    code="SEQ329",
    name="labels-out-of-range",
    severity="error",
    requires=Requires(tables=("target",), losses=CROSS_ENTROPIES, arguments=("range",)),
    check=check,
    docs=__doc__,
)
