"""Fine-tuning of pretrained weights with the learning rate of new weights.

What it does: Detects a trainable pretrained base model with a learning rate for newly initialized weights. Base models
are trainable unless `trainable = false` is set.

Why is this bad? The newly initialized layers after it send large, random gradients into pretrained weights. A few
updates with a typical learning rate destroy the pretrained features. Train the head with the base model frozen first,
then fine-tune all layers with 1e-5.

Example:
    seqspec = 1

    [model]
    input = [160, 160, 3]
    layers = [
      { type = "Rescaling", scale = "1/127.5", offset = -1 },
      { type = "MobileNetV2", include_top = false, pooling = "avg" },
      { type = "Dense", units = 5, activation = "softmax" },
    ]

    [compile]
    optimizer = "adam"
    loss = "sparse_categorical_crossentropy"

Use instead:
    -  { type = "MobileNetV2", include_top = false, pooling = "avg" },
    +  { type = "MobileNetV2", include_top = false, pooling = "avg", trainable = false },

Confidence: a warning from 1e-3 (SGD: 0.05, including momentum), info from 2e-4 (SGD: 0.01). A base model that a stage
of `[fit]` unfreezes with `trainable` and its own low `learning_rate` is not reported. A model with its own head
(`include_top = true` with 1000 classes) has no new layers and is not reported.

References:
    keras.io, Transfer learning and fine-tuning: "it's also critical to use a very low learning rate"
    keras-team/keras#9965
"""

from seqspec.core.analysis.layers.base_models import find_base_models
from seqspec.core.document.training_tables import Fit
from seqspec.core.linter.rules import (
    Facts,
    Findings,
    Sequence,
    Setting,
    TableName,
    TreeFix,
    Verbatim,
    at_layer,
    finding,
    fmt,
    rule,
    set_value,
)


@rule(
    "SEQ625",
    "warning",
    graphs="each",
    tables="compile",
    layers="base_model",
    depends_on=("learning_rate", "trainable", "training", "weights"),
)
def check(facts: Facts) -> Findings:
    optimizer = facts.training.optimizers[0] if len(facts.training.optimizers) == 1 else None
    if (
        optimizer is None
        or not optimizer.updates_all
        or ("adaptive" not in optimizer.traits and optimizer.kind != "SGD")
    ):
        return
    usual = max(optimizer.rates(facts.training.updates), default=0.0)
    hints, warns = (0.01, 0.05) if optimizer.kind == "SGD" else (2e-4, 1e-3)
    for base in find_base_models(facts.flat_layers):
        rate = _rate_of(base.entry.name, not base.frozen, facts.fit, usual)
        effective = rate / (1 - optimizer.momentum) if optimizer.kind == "SGD" and optimizer.momentum < 1 else rate
        head = next((entry for entry in base.after if entry.trained_params), None)
        if not base.pretrained or head is None or effective < hints:
            continue
        path = (*base.entry.path, "trainable")
        yield finding(
            fmt(
                "fine-tunes all {:,} pretrained weights with a learning rate of {:g}, together with newly "
                "initialized layers",
                base.entry.trained_params,
                rate,
            ),
            **at_layer(base.entry),
            severity="warning" if effective >= warns else "info",
            related=[(head.path, "newly initialized"), (optimizer.path_of("learning_rate"), "learning rate")],
            help=fmt(
                "set {}; a second stage of {} can fine-tune with {}",
                Setting("trainable", False),
                TableName(("fit",)),
                Setting("learning_rate", Verbatim("1e-5")),
            ),
            fix=TreeFix("freeze the base model", (set_value(path, False),)),
        )


def _rate_of(name: str, trained: bool, stages: Sequence[Fit], usual: float) -> float:
    """The highest learning rate over the stages in which a base model is trained; 0 if it is always frozen."""
    highest = usual if trained and not stages else 0.0
    for stage in stages:
        is_trainable = (stage.trainable or {}).get(name)
        trained = trained if is_trainable is None else is_trainable is not False
        stage_rate = stage.learning_rate if stage.optimizer is None else getattr(stage.optimizer, "learning_rate", None)
        if trained:
            highest = max(highest, float(stage_rate) if isinstance(stage_rate, (int, float)) else usual)
    return highest
