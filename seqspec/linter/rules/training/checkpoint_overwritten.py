"""Checkpoint file that is overwritten after every epoch.

What it does: finds a ModelCheckpoint that writes every epoch to one file, and files that two callbacks, or a callback
and [save], write.

Why it hurts: only what is written last remains: the last epoch, not the best one; or with [save] the model as it is
after training, in the place of the best one that the callback kept.

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
    callbacks = [{ type = "ModelCheckpoint", filepath = "model.keras" }]

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
    callbacks = [{ type = "ModelCheckpoint", filepath = "model.keras", save_best_only = true }]

Confidence: certain that it is overwritten. Keeping only the last epoch may be meant, so that is a hint.

References:
    keras.callbacks.ModelCheckpoint, the argument filepath
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""

    final = facts.outputs.save.filepath if facts.outputs is not None and facts.outputs.save is not None else None
    for stage in facts.stages:
        seen: dict[str, int] = {}
        for index, callback in enumerate(stage.callbacks):
            if type(callback).__name__ != "ModelCheckpoint":
                continue
            name, path = callback.filepath, (*stage.callback_path(index), "filepath")
            if name in seen:
                yield Violation(
                    RULE.name,
                    f'two callbacks write "{name}"',
                    path=path,
                    related=[((*stage.callback_path(seen[name]), "filepath"), "the other one")],
                    help="give each a file of its own",
                    severity="warning",
                )
            elif name == final and callback.save_best_only:
                yield Violation(
                    RULE.name,
                    f'[save] writes the last model over the best one in "{name}"',
                    path=("save", "filepath"),
                    related=[(path, "the best one")],
                    help="give each a file of its own",
                    severity="warning",
                )
            elif "{" not in name and not callback.save_best_only and stage.epochs > 1:
                yield Violation(
                    RULE.name,
                    f'every epoch is written to "{name}", so only the last one remains',
                    path=path,
                    help="write {epoch} in the name, or add save_best_only = true",
                )
            seen.setdefault(name, index)


RULE = Rule(
    code="SEQ559",
    name="checkpoint-overwritten",
    severity="info",
    requires=Requires(callbacks=("ModelCheckpoint",)),
    check=check,
    docs=__doc__,
)
