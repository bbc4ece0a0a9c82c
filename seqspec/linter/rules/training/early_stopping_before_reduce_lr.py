"""EarlyStopping that stops before ReduceLROnPlateau acts.

What it does: finds an EarlyStopping whose patience is not longer than that of a ReduceLROnPlateau with the same
monitor.

Why it hurts: both count the epochs without progress. Training stops before, or just when, the learning rate would be
lowered, so the lower rate never gets its chance.

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
      { type = "ReduceLROnPlateau", patience = 5 },
      { type = "EarlyStopping", patience = 5, restore_best_weights = true },
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
      { type = "ReduceLROnPlateau", patience = 3 },
      { type = "EarlyStopping", patience = 9, restore_best_weights = true },
    ]

Confidence: high: only different values of min_delta can part the two counts.

References:
    keras.callbacks.EarlyStopping, ReduceLROnPlateau
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""

    stops = [monitor for monitor in facts.monitors if monitor.kind == "EarlyStopping" and monitor.logged]
    for plateau in facts.monitors:
        if plateau.kind != "ReduceLROnPlateau" or not plateau.logged:
            continue
        for stop in stops:
            if stop.run is not plateau.run or stop.name != plateau.name:
                continue
            late = max(stop.callback.patience, 1) + stop.callback.start_from_epoch
            if late > max(plateau.callback.patience, 1):
                continue
            written = "patience" in stop.callback.model_fields_set
            yield Violation(
                RULE.name,
                f"EarlyStopping ends the training after {stop.callback.patience} epochs without progress, before "
                f"ReduceLROnPlateau has lowered the learning rate after {plateau.callback.patience}",
                path=(*stop.path, "patience") if written else stop.path,
                anchor="value" if written else "layer",
                label="not longer",
                related=[
                    ((*plateau.path, "patience"), "lowers the rate")
                    if "patience" in plateau.callback.model_fields_set
                    else (plateau.path, "patience is 10")
                ],
                help=f"write patience = {3 * max(plateau.callback.patience, 1)} for EarlyStopping",
                fix=TreeFix(
                    "wait longer", (set_value((*stop.path, "patience"), 3 * max(plateau.callback.patience, 1)),)
                )
                if isinstance(stop.written_table, dict)
                else None,
            )
            break


RULE = Rule(
    code="SEQ555",
    name="early-stopping-before-reduce-lr",
    severity="warning",
    requires=Requires(tables=("compile",), callbacks=("ReduceLROnPlateau",)),
    check=check,
    docs=__doc__,
)
