"""More steps per epoch than the dataset has batches.

What it does: Detects steps_per_epoch or validation_steps that exceed the batches of the dataset.

Why is this bad? Keras warns that the input ran out of data and ends the epoch early. For a generator that repeats its
samples this is valid; `samples` should be omitted then.

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
    samples = 1000

    [data.validation]

    [compile]
    optimizer = { type = "Adam", learning_rate = 1e-3 }
    loss = "binary_crossentropy"
    metrics = ["accuracy"]

    [fit]
    epochs = 30
    steps_per_epoch = 50
    batch_size = 32
    callbacks = [{ type = "EarlyStopping", patience = 5, restore_best_weights = true }]

Use instead:
    -steps_per_epoch = 50

Confidence: high for arrays with an explicit batch size. Without batch_size it is info: a generator or dataset makes its
own batches, and steps_per_epoch is usually set for one.

References:
    keras: the warning that your input ran out of data
"""

from seqspec.core.analysis.training.stages import TrainingStage
from seqspec.core.linter.rules import Facts, Findings, Setting, TreeFix, finding, fmt, remove, rule


@rule("SEQ528", "warning", graphs="all", tables=("fit", "data"), arguments=("steps_per_epoch", "validation_steps"))
def check(facts: Facts) -> Findings:
    for stage in facts.training.stages:
        fit, split = stage.fit, stage.split
        size = fit.validation_batch_size or stage.batch_size
        loud = "info" if fit.batch_size is None else "warning"
        yield from _violations(
            stage, "steps_per_epoch", fit.steps_per_epoch, stage.batch_size, split.train, "train", loud
        )
        if stage.separate or split.splits:
            origin = "validation" if stage.separate else "train"
            yield from _violations(
                stage, "validation_steps", fit.validation_steps, size, split.validation, origin, "info"
            )


def _violations(
    stage: TrainingStage, key: str, steps: int | None, batch: int, samples: int | None, origin: str, severity: str
) -> Findings:
    if steps is None or samples is None:
        return
    there = -(-samples // batch)
    if steps <= there:
        return
    yield finding(
        fmt(
            "{}, but {} samples are only {} batch{} of {}",
            Setting(key, steps),
            samples,
            there,
            "es" if there != 1 else "",
            batch,
        ),
        path=(*stage.path, key),
        label=fmt("at most {}", there),
        related=[(("data", origin, "samples"), "number of samples")],
        help=fmt("set {}, or remove it", Setting(key, there)),
        severity=severity,
        fix=TreeFix("use all samples once per epoch", (remove((*stage.path, key)),)),
    )
