"""Class weights that do not match the classes.

What it does: compares the keys of `class_weight` with the classes that `[target]` names, and finds weights of 0 or
below, and weights by class where labels are no classes.

Why it hurts: Keras gives weight 1 to every class without a key and passes over keys that no label has, so that weights
for classes numbered from 1 weigh the wrong ones. Labels that are real numbers are rounded to find a class; of several
labels of a sample only the first one counts. None of this makes a sound.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

    [target]
    kind = "multiclass"
    classes = 3

    [compile]
    loss = "sparse_categorical_crossentropy"

    [fit]
    epochs = 20
    class_weight = { 1 = 1.0, 2 = 4.0, 3 = 9.0 }

    [data.validation]

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

    [target]
    kind = "multiclass"
    classes = 3

    [compile]
    loss = "sparse_categorical_crossentropy"

    [fit]
    epochs = 20
    class_weight = { 0 = 1.0, 1 = 4.0, 2 = 9.0 }

    [data.validation]

Confidence: certain, given the declared labels.

References:
    keras.Model.fit: class_weight; keras/src/trainers/data_adapters/data_adapter_utils.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from seqspec.analysis.classes import class_count
from seqspec.analysis.facts import Facts
from seqspec.analysis.numbers import short
from seqspec.diagnostics.violation import Path, Violation
from seqspec.linter.rule import Requires, Rule

_NAMED = 5
"""Classes that a message names at most."""

_OTHER = {
    "regression": "rounds real numbers to find the class of a label",
    "reconstruction": "looks for a class number in the input itself",
    "multilabel": "counts only the first label of a sample",
}


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    target = facts.target
    for index, stage in enumerate(facts.fit):
        if stage.class_weight is None or stage.class_weight == "balanced":
            continue
        path = (*facts.stage_path(index), "class_weight")
        yield from _weights(stage.class_weight, path)
        if target is None:
            continue
        classes = class_count(target)
        related = [(("target", "kind"), "the labels")]
        if classes is None:
            yield Violation(
                RULE.name,
                f"class_weight {_OTHER[target.kind]}: the labels are {target.kind}",
                path=path,
                anchor="key",
                related=related,
                help="remove it; samples can be weighted by sample_weight in the program that calls fit",
            )
            continue
        # No more are looked for than are named: there may be any number of classes.
        absent = (number for number in range(classes) if number not in stage.class_weight)
        missing = list(islice(absent, _NAMED + 1))
        beyond = sorted(number for number in stage.class_weight if number >= classes)
        if missing or beyond:
            yield Violation(
                RULE.name,
                "class_weight "
                + " and ".join(
                    [f"leaves out {_named(missing)}"] * bool(missing)
                    + [f"names {_named(beyond)}, which no label has"] * bool(beyond)
                ),
                path=path,
                anchor="key",
                label=f"classes are 0 to {classes - 1}",
                related=related,
                help="write a weight for every class" + (", numbered from 0" if beyond else "; Keras takes 1"),
            )


def _weights(weights: dict[int, float], path: Path) -> Iterator[Violation]:
    for number, weight in weights.items():
        if weight <= 0:
            yield Violation(
                RULE.name,
                f"weight {short(weight)} "
                + ("leaves class" if weight == 0 else "rewards mistakes on class")
                + f" {number}"
                + (" unlearned" if weight == 0 else ""),
                path=(*path, str(number)),
                severity="error" if weight < 0 else None,
                help="write a weight above 0",
            )


def _named(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:_NAMED])) + (", …" if len(numbers) > _NAMED else "")
    return f"{'class' if len(numbers) == 1 else 'classes'} {shown}"


RULE = Rule(
    code="SEQ607",
    name="class-weight-mismatch",
    severity="warning",
    requires=Requires(tables=("fit",), arguments=("class_weight",)),
    check=check,
    docs=__doc__,
)
