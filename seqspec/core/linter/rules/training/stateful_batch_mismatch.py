"""Stateful layer with batches of another size.

What it does: Detects a stateful recurrent layer whose fixed batch size differs from that of [fit], or does not divide
the number of samples.

Why is this bad? The layer keeps one state per position in the batch. Keras raises ValueError for the first batch of a
different size: the first one, or the incomplete last one of an epoch.

Example:
    seqspec = 1

    [model]
    input = { shape = [20, 4], batch_size = 16 }
    layers = [
      { type = "LSTM", units = 32, stateful = true },
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
    batch_size = 32
    shuffle = false

Use instead:
     [data.train]
    +samples = 1600

     [data.validation]
    +samples = 160

    -batch_size = 32
    +batch_size = 16

Confidence: certain.

References:
    keras.layers.RNN, the argument stateful
"""

from seqspec.core.analysis.training.stages import TrainingStage
from seqspec.core.linter.rules import (
    Facts,
    Findings,
    LayerReport,
    Path,
    Setting,
    TableName,
    Violation,
    at_argument,
    finding,
    fix_setting,
    fmt,
    rule,
)


@rule("SEQ530", "error", graphs="each", tables="fit", arguments="stateful", depends_on=("batch_size",))
def check(facts: Facts) -> Findings:
    fixed = facts.input.dims[0] if facts.input is not None else None
    if not isinstance(fixed, int):
        return
    layer = next((entry for entry in facts.flat_layers if entry.argument("stateful", False)), None)
    if layer is None:
        return
    for stage in facts.training.stages:
        if stage.batch_size != fixed:
            yield _other_batch_size(layer, stage, fixed)
        else:
            yield from _incomplete_batches(layer, stage, fixed)


def _other_batch_size(layer: LayerReport, stage: TrainingStage, fixed: int) -> Violation:
    """The violation of a stage whose batch size is not that of the input."""
    written = "batch_size" in stage.fit.model_fields_set
    return finding(
        fmt(
            "{} is stateful with batch size {}, but {} uses batch size {}",
            layer.type,
            fixed,
            TableName(("fit",)),
            stage.batch_size,
        ),
        **at_argument(stage.path, stage.fit, "batch_size", otherwise="key"),
        label=None if written else "defaults to 32",
        related=_declared(fixed),
        help=fmt("set {}", Setting("batch_size", fixed)),
        fix=fix_setting(fixed, (*stage.path, "batch_size")),
    )


def _incomplete_batches(layer: LayerReport, stage: TrainingStage, fixed: int) -> Findings:
    """Yields the violations of sets that cannot be divided into batches of this size."""
    for name, samples, size in (
        ("train", stage.split.train, fixed),
        ("validation", stage.split.validation, stage.fit.validation_batch_size or fixed),
    ):
        if not samples or (samples % fixed == 0 and size == fixed):
            continue
        stateful = fmt("{} is stateful with batch size {}, ", layer.type, fixed)
        if size != fixed:
            yield finding(
                stateful + fmt("and validation_batch_size is {}", size),
                path=(*stage.path, "validation_batch_size"),
                related=_declared(fixed),
                help=fmt("set {}", Setting("validation_batch_size", fixed)),
            )
            continue
        origin, noun = "train" if stage.split.splits else name, "training" if name == "train" else name
        rest = samples % fixed
        yield finding(
            stateful + fmt("and the {} {} samples leave an incomplete batch of {}", samples, noun, rest),
            path=("data", origin, "samples"),
            label=None if stage.split.splits else fmt("not a multiple of {}", fixed),
            related=_declared(fixed),
            help=fmt("use {} of them", samples - rest),
        )


def _declared(fixed: int) -> list[tuple[Path, str]]:
    return [(("model", "input", "batch_size"), fmt("batch size {}", fixed))]
