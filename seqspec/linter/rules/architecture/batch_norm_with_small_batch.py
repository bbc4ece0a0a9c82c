"""Batch normalization with a very small batch size.

What it does: finds batch normalization in a model that is trained with fewer than 8 samples in a batch. One sample a
batch is a warning.

Why it hurts: mean and variance are taken over the batch. Those of a few samples are noise; those of one vector are
nothing at all, since its own mean is itself: what leaves is constant, and only `beta` learns. In use the layer takes
running averages, which then fit nothing that it met in training.

Example:
    seqspec = 1

    [model]
    input = [16]
    layers = [
      { type = "Dense", units = 32, use_bias = false },
      "BatchNormalization",
      "ReLU",
      { type = "Dense", units = 1 },
    ]

    [compile]
    loss = "mse"

    [fit]
    batch_size = 1

Instead:
    seqspec = 1

    [model]
    input = [16]
    layers = [
      { type = "Dense", units = 32 },
      "LayerNormalization",
      "ReLU",
      { type = "Dense", units = 1 },
    ]

Confidence: certain for one vector a batch, as tests/differential/test_signal.py shows on Keras; maps have many
positions to average over, so there one sample is a warning for the difference between training and use. A frozen
normalization is left alone: it uses what it knows.

References:
    Wu and He, Group Normalization, 2018
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule

_SMALL_BATCH = 8


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    norms = [facts.flow[index].entry for index in facts.flow.indices_by_kind["norm"]]
    norm = next((entry for entry in norms if entry.type == "BatchNormalization" and entry.layer.trainable), None)
    for index, stage in enumerate(facts.fit):
        size = stage.batch_size
        if norm is None or size is None or size >= _SMALL_BATCH:
            continue
        vectors = len(norm.input.dims) == 2
        yield Violation(
            RULE.name,
            "batch normalization of a single vector gives a constant"
            if size == 1 and vectors
            else f"batch normalization takes mean and variance of {size} {'sample' if size == 1 else 'samples'}",
            path=(*facts.stage_path(index), "batch_size"),
            label=f"{size} in a batch",
            related=[(norm.path, "normalizes over the batch")],
            help="write batch_size = 32 or more, or use LayerNormalization or GroupNormalization",
            severity="warning" if size == 1 else None,
        )


RULE = Rule(
    code="SEQ433",
    name="batch-norm-with-small-batch",
    severity="info",
    requires=Requires(tables=("fit",), layers=("BatchNormalization",), arguments=("batch_size",)),
    check=check,
    docs=__doc__,
)
