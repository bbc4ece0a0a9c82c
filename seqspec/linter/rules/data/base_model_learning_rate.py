"""Fine-tuning of pretrained weights with the learning rate of new weights.

What it does: finds a pretrained base model that is trained as a whole with a learning rate for fresh weights. Keras
trains it where `trainable = false` is not written.

Why it hurts: the fresh layers behind it send large, meaningless gradients into weights that were right. A few steps
with the usual learning rate wipe out what they knew. Train the head on the frozen base model first, then everything
with 1e-5.

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

Instead:
    seqspec = 1

    [model]
    input = [160, 160, 3]
    layers = [
      { type = "Rescaling", scale = "1/127.5", offset = -1 },
      { type = "MobileNetV2", include_top = false, pooling = "avg", trainable = false },
      { type = "Dense", units = 5, activation = "softmax" },
    ]

    [compile]
    optimizer = "adam"
    loss = "sparse_categorical_crossentropy"

Confidence: it warns from 1e-3 (SGD: 0.05, momentum counted in), and hints from 2e-4 (SGD: 0.01). A base model that a
stage of `[fit]` unfreezes with `trainable` and a low `learning_rate` of its own is not reported. A model that is its
own head (`include_top = true` with 1000 classes) has no fresh layers, and nothing is said.

References:
    keras.io, Transfer learning and fine-tuning: "it's also critical to use a very low learning rate"
    keras-team/keras#9965
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqspec.analysis.base_models import find_base_models
from seqspec.analysis.facts import Facts
from seqspec.analysis.optimizers import ADAPTIVE
from seqspec.catalog.index import APPLICATIONS
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.document.training import Fit
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    optimizer = facts.optimizers[0] if len(facts.optimizers) == 1 else None
    if optimizer is None or not optimizer.alone or (optimizer.kind not in ADAPTIVE and optimizer.kind != "SGD"):
        return
    usual = max(optimizer.rates(facts.updates), default=0.0)
    hints, warns = (0.01, 0.05) if optimizer.kind == "SGD" else (2e-4, 1e-3)
    for base in find_base_models(facts.flat_layers):
        rate = _rate_of(base.entry.name, not base.frozen, facts.fit, usual)
        effective = rate / (1 - optimizer.momentum) if optimizer.kind == "SGD" and optimizer.momentum < 1 else rate
        head = next((entry for entry in base.behind if entry.trained_params), None)
        if not base.pretrained or head is None or effective < hints:
            continue
        path = (*base.entry.path, "trainable")
        yield Violation(
            RULE.name,
            f"trains all {base.entry.trained_params:,} pretrained weights with a learning rate of {rate:g}, "
            "together with fresh layers",
            path=base.entry.path,
            anchor="layer",
            severity="warning" if effective >= warns else "info",
            related=[(head.path, "fresh weights"), (optimizer.place("learning_rate"), "the learning rate")],
            help="freeze it with trainable = false; a second stage of [fit] may train it with learning_rate = 1e-5",
            fix=TreeFix("freeze the base model", (set_value(path, False),)),
        )


def _rate_of(name: str, trained: bool, stages: Sequence[Fit], usual: float) -> float:
    """The highest learning rate that a base model is trained with, over the stages; 0 where it stays frozen."""
    highest = usual if trained and not stages else 0.0
    for stage in stages:
        wanted = (stage.trainable or {}).get(name)
        trained = trained if wanted is None else wanted is not False
        own = stage.learning_rate if stage.optimizer is None else getattr(stage.optimizer, "learning_rate", None)
        if trained:
            highest = max(highest, float(own) if isinstance(own, (int, float)) else usual)
    return highest


RULE = Rule(
    code="SEQ625",
    name="base-model-learning-rate",
    severity="warning",
    requires=Requires(tables=("compile",), layers=APPLICATIONS),
    check=check,
    docs=__doc__,
)
