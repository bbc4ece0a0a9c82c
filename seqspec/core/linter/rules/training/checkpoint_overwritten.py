"""Checkpoint file that is overwritten after every epoch.

What it does: Detects a ModelCheckpoint that writes every epoch to the same file, and files that are written by two
callbacks, or by a callback and [save].

Why is this bad? Only the last write remains: the last epoch instead of the best one, or, with [save], the final model
instead of the best one saved by the callback.

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

Use instead:
    -callbacks = [{ type = "ModelCheckpoint", filepath = "model.keras" }]
    +callbacks = [{ type = "ModelCheckpoint", filepath = "model.keras", save_best_only = true }]

Confidence: certain that it is overwritten. Keeping only the last epoch may be intended, so severity is info.

References:
    keras.callbacks.ModelCheckpoint, the argument filepath
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, finding, fmt, rule


@rule("SEQ559", "info", graphs="settings", callbacks="ModelCheckpoint")
def check(facts: Facts) -> Findings:
    final = facts.files.save.filepath if facts.files.save is not None else None
    for stage in facts.training.stages:
        seen: dict[str, int] = {}
        for index, callback in enumerate(stage.callbacks):
            if type(callback).__name__ != "ModelCheckpoint":
                continue
            name, path = callback.filepath, (*stage.callback_path(index), "filepath")
            if name in seen:
                yield finding(
                    fmt('two callbacks write to "{}"', name),
                    path=path,
                    related=[((*stage.callback_path(seen[name]), "filepath"), "other callback")],
                    help="use a different file for each",
                    severity="warning",
                )
            elif name == final and callback.save_best_only:
                yield finding(
                    fmt('[save] overwrites the best model in "{}" with the last one', name),
                    path=("save", "filepath"),
                    related=[(path, "best model")],
                    help="use a different file for each",
                    severity="warning",
                )
            elif "{" not in name and not callback.save_best_only and stage.epochs > 1:
                yield finding(
                    fmt('every epoch is written to "{}", so only the last one remains', name),
                    path=path,
                    help=fmt("add {{epoch}} to the file name, or set {}", Setting("save_best_only", True)),
                )
            seen.setdefault(name, index)
