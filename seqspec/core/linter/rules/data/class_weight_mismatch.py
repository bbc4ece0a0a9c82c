"""Class weights that do not match the classes.

What it does: Detects `class_weight` keys that do not match the classes of `[target]`, weights of 0 or less, and class
weights for labels that are not classes.

Why is this bad? Keras uses weight 1 for every class without a key and silently ignores keys without a class, so weights
for classes numbered from 1 apply to the wrong classes. Continuous labels are rounded to a class; for multi-label
targets only the first label counts.

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

Use instead:
    -class_weight = { 1 = 1.0, 2 = 4.0, 3 = 9.0 }
    +class_weight = { 0 = 1.0, 1 = 4.0, 2 = 9.0 }

Confidence: certain, given the declared labels.

References:
    keras.Model.fit: class_weight; keras/src/trainers/data_adapters/data_adapter_utils.py
"""

from itertools import islice

from seqspec.core.analysis.data.declared_data import class_count
from seqspec.core.diagnostics.message import short
from seqspec.core.linter.rules import Declared, Facts, Findings, Path, Sequence, finding, fmt, rule

_NAMED = 5
"""Maximum number of classes listed in a message."""

_OTHER = {
    "regression": "rounds continuous labels to class indices",
    "reconstruction": "interprets the input itself as class indices",
    "multilabel": "only considers the first label of each sample",
}


@rule("SEQ607", "warning", graphs="all", tables="fit", arguments="class_weight")
def check(facts: Facts) -> Findings:
    target = facts.target
    for index, stage in enumerate(facts.fit):
        if stage.class_weight is None or stage.class_weight == "balanced":
            continue
        path = (*facts.stage_path(index), "class_weight")
        yield from _weights(stage.class_weight, path)
        if target is None:
            continue
        classes = class_count(target)
        related = [(("target", "kind"), Declared())]
        if classes is None:
            yield finding(
                fmt("class_weight {}, but [target] declares {} labels", _OTHER[target.kind], target.kind),
                path=path,
                anchor="key",
                related=related,
                help="remove it; samples can be weighted by sample_weight in the code that calls fit",
            )
            continue
        # Stops after the number that is listed, since there may be very many classes.
        absent = (number for number in range(classes) if number not in stage.class_weight)
        missing = list(islice(absent, _NAMED + 1))
        beyond = sorted(number for number in stage.class_weight if number >= classes)
        if missing or beyond:
            yield finding(
                "class_weight "
                + " and ".join(
                    [fmt("is missing {}", _named(missing))] * bool(missing)
                    + [fmt("contains unknown {}", _named(beyond))] * bool(beyond)
                ),
                path=path,
                anchor="key",
                label=fmt("classes are 0 to {}", classes - 1),
                related=related,
                help="set a weight for every class" + (", numbered from 0" if beyond else "; Keras defaults to 1"),
            )


def _weights(weights: dict[int, float], path: Path) -> Findings:
    for number, weight in weights.items():
        if weight <= 0:
            yield finding(
                fmt(
                    "weight {} {} class {}",
                    short(weight),
                    "disables training on" if weight == 0 else "rewards errors on",
                    number,
                ),
                path=(*path, str(number)),
                severity="error" if weight < 0 else None,
                help="set a positive weight",
            )


def _named(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:_NAMED])) + (", …" if len(numbers) > _NAMED else "")
    return fmt("{} {}", "class" if len(numbers) == 1 else "classes", shown)
