"""Fewer than 100 gradient updates in total.

What it does: Detects training from random weights with fewer than 100 gradient updates in total, computed from the
samples, batch_size and epochs.

Why is this bad? Random initial weights need hundreds of updates before they are useful; with so few the result says
little about the model.

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
    samples = 200

    [data.validation]

    [compile]
    optimizer = { type = "Adam", learning_rate = 1e-3 }
    loss = "binary_crossentropy"
    metrics = ["accuracy"]

    [fit]
    epochs = 5
    batch_size = 32

Use instead:
    -epochs = 5
    +epochs = 50

Confidence: severity is info: a short run may be a trial.

References:
    DeepLocalize, Stack Overflow 50306988: five epochs for 200 samples
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, at_argument, counted, finding, fmt, rule

_FEW = 100


@rule("SEQ527", "info", graphs="each", tables="fit", depends_on=("updates",))
def check(facts: Facts) -> Findings:
    updates = facts.training.updates
    if (
        not updates
        or updates >= _FEW
        or any("base_model" in entry.traits and entry.layer.pretrained for entry in facts.flat_layers)
    ):
        return
    stage = facts.training.stages[-1]
    if stage.fit.batch_size is not None and stage.split.train is not None and stage.fit.batch_size > stage.split.train:
        return
    stops = "EarlyStopping" in facts.training.callback_types
    yield finding(
        fmt("only {} in total", counted(updates, "gradient update"))
        + (
            fmt(" ({} epochs × {})", stage.epochs, counted(stage.split.steps, "step"))
            if stage.split.steps is not None and len(facts.training.stages) == 1 and stage.epochs > 1
            else ""
        ),
        **at_argument(stage.path, stage.fit, "epochs", otherwise="key"),
        help=fmt("set {}", Setting("epochs", -(-10 * _FEW // (stage.split.steps or 1))))
        + ("" if stops else ", with EarlyStopping"),
    )
