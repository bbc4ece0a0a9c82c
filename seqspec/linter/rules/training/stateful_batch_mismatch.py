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
    samples = 1600

    [data.validation]
    samples = 160

    [compile]
    optimizer = { type = "Adam", learning_rate = 1e-3 }
    loss = "binary_crossentropy"
    metrics = ["accuracy"]

    [fit]
    epochs = 30
    batch_size = 16
    shuffle = false

Confidence: certain.

References:
    keras.layers.RNN, the argument stateful
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.message import Message
from seqspec.diagnostics.snippet import Help, Setting
from seqspec.diagnostics.tree_fix import assign
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    fixed = facts.input.dims[0] if facts.input is not None else None
    if not isinstance(fixed, int):
        return
    keeper = next((entry for entry in facts.flat_layers if entry.argument("stateful", False)), None)
    if keeper is None:
        return
    where = [(("model", "input", "batch_size"), f"batch size {fixed}")]
    for stage in facts.stages:
        written = "batch_size" in stage.fit.model_fields_set
        if stage.batch_size != fixed:
            yield Violation(
                RULE.name,
                Message(
                    keeper.type,
                    " is stateful with batch size ",
                    fixed,
                    ", but [fit] uses batch size ",
                    stage.batch_size,
                ),
                path=(*stage.path, "batch_size") if written else stage.path,
                anchor="value" if written else "key",
                label=None if written else "defaults to 32",
                related=where,
                help=Help("set ", Setting("batch_size", fixed)),
                fix=assign(fixed, (*stage.path, "batch_size")),
            )
            continue
        for name, samples, size in (
            ("train", stage.split.train, fixed),
            ("validation", stage.split.validation, stage.fit.validation_batch_size or fixed),
        ):
            if not samples or (samples % fixed == 0 and size == fixed):
                continue
            origin = "train" if stage.split.splits else name
            yield Violation(
                RULE.name,
                Message(keeper.type, " is stateful with batch size ", fixed, ", ")
                + (
                    Message(
                        "and the ",
                        samples,
                        " ",
                        "training" if name == "train" else name,
                        " samples leave an incomplete batch of ",
                        samples % fixed,
                    )
                    if size == fixed
                    else Message("and validation_batch_size is ", size)
                ),
                path=("data", origin, "samples") if size == fixed else (*stage.path, "validation_batch_size"),
                label=Message("not a multiple of ", fixed) if size == fixed and not stage.split.splits else None,
                related=where,
                help=Message("use ", samples - samples % fixed, " of them")
                if size == fixed
                else Help("set ", Setting("validation_batch_size", fixed)),
            )


RULE = Rule(
    code="SEQ530",
    name="stateful-batch-mismatch",
    severity="error",
    requires=Requires(tables=("fit",), arguments=("stateful",)),
    check=check,
    docs=__doc__,
)
