"""Normalization along an axis other than the channels.

What it does: finds `BatchNormalization` and `GroupNormalization` on maps whose `axis` is not the axis of the channels.

Why it hurts: each position along the given axis gets a mean, a variance and a bias of its own, in all channels
together. That ties the model to positions and mixes features that have nothing to do with each other. Mostly `axis =
1` was carried over from code for channels first, or left out in such code.

Example:
    seqspec = 1

    [model]
    input = [32, 32, 3]
    layers = [
      { type = "Conv2D", filters = 16, kernel_size = 3, use_bias = false },
      { type = "BatchNormalization", axis = 1 },
      "ReLU",
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Instead:
    seqspec = 1

    [model]
    input = [32, 32, 3]
    layers = [
      { type = "Conv2D", filters = 16, kernel_size = 3, use_bias = false },
      "BatchNormalization",
      "ReLU",
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Confidence: high on images and volumes. On sequences only a normalization directly behind a convolution is looked at.

References:
    keras.layers.BatchNormalization
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.flow import Step
from seqspec.analysis.layer_report import LayerReport
from seqspec.analysis.norms import normalizes_channels
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    for index in facts.flow.indices_by_kind["norm"]:
        entry = facts.flow[index].entry
        source = _source(facts.flow[:index]) if entry.type in ("BatchNormalization", "GroupNormalization") else None
        if source is None:
            continue
        first = getattr(source.layer, "data_format", None) == "channels_first"
        if len(entry.input.dims) < 3 or entry.input.rank != source.outputs[0].rank or normalizes_channels(entry, first):
            continue
        path = (*entry.path, "axis")
        named = "axis" in entry.layer.model_fields_set
        right = 1 if first else -1
        yield Violation(
            RULE.name,
            f"normalizes along axis {entry.layer.axis}, but the channels are on axis {right}: {entry.input} arrives",
            path=path if named else entry.path,
            anchor="value" if named else "layer",
            label="not the channels",
            related=[(source.path, "channels first" if first else "channels last")],
            help=f"write axis = {right}",
            fix=TreeFix(f"use axis {right}", (set_value(path, right),)),
        )


def _source(before: list[Step]) -> LayerReport | None:
    """The last layer that says where the channels are of what arrives."""
    for step in reversed(before):
        if step.kind in ("recurrent", "opaque", "embedding") or step.type in _MIXING:
            return None
        if "data_format" in type(step.entry.layer).model_fields:
            return step.entry
    return None


_MIXING = frozenset({"Reshape", "Permute", "Flatten", "Dense"})


RULE = Rule(
    code="SEQ431",
    name="normalization-axis",
    severity="warning",
    requires=Requires(layers=("BatchNormalization", "GroupNormalization"), arguments=("axis", "data_format")),
    check=check,
    docs=__doc__,
)
