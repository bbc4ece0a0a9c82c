"""`save_best_only` with an integer `save_freq` saves before the metric is known.

What it does: finds a ModelCheckpoint with save_best_only whose save_freq counts batches.

Why it hurts: between epochs there are no numbers of validation, so Keras warns and saves each time, the best or not.
And a number of training, which is of a part of the epoch then, ends with a TypeError at the second save of the first
epoch, as Keras only finds out at the end of an epoch which direction is good.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [target]
    kind = "binary"

    [data.train]

    [data.validation]

    [compile]
    optimizer = { type = "Adam", learning_rate = 1e-3 }
    loss = "binary_crossentropy"
    metrics = ["accuracy"]

    [fit]
    epochs = 30
    callbacks = [
      { type = "ModelCheckpoint", filepath = "best.keras", save_best_only = true, save_freq = 100 },
    ]

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [target]
    kind = "binary"

    [data.train]

    [data.validation]

    [compile]
    optimizer = { type = "Adam", learning_rate = 1e-3 }
    loss = "binary_crossentropy"
    metrics = ["accuracy"]

    [fit]
    epochs = 30
    callbacks = [
      { type = "ModelCheckpoint", filepath = "best.keras", save_best_only = true },
    ]

Confidence: certain.

References:
    keras.callbacks.ModelCheckpoint, on save_freq: the monitored metric may be less reliable
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, remove
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""

    for monitor in facts.monitors:
        freq = monitor.callback.save_freq if monitor.kind == "ModelCheckpoint" else "epoch"
        if freq == "epoch" or not monitor.matters or not monitor.logged:
            continue
        steps: int | None = monitor.run.split.steps
        if not monitor.of_validation and steps is not None and steps < 2 * max(int(freq), 1):
            continue
        yield Violation(
            RULE.name,
            f"save_freq = {freq} saves between epochs, where "
            + (
                f'there is no "{monitor.name}": each save is made, the best or not'
                if monitor.of_validation
                else f'Keras cannot compare "{monitor.name}" yet: it ends with an error at the second save'
            ),
            path=(*monitor.path, "save_freq"),
            label="counts batches",
            help='leave save_freq out: "epoch" is the default',
            fix=TreeFix("save after each epoch", (remove((*monitor.path, "save_freq")),)),
        )


RULE = Rule(
    code="SEQ560",
    name="save-best-with-save-freq",
    severity="error",
    requires=Requires(tables=("compile",), callbacks=("ModelCheckpoint",)),
    check=check,
    docs=__doc__,
)
