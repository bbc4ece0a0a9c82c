"""Pixel range that differs from what the base model expects.

What it does: Detects inputs of a base model outside of the pixel range that its pretrained weights expect. The input
range is derived from `range` or `dtype` in `[data.train]` and the scaling layers before the base model.

Why is this bad? Each model family was trained with its own preprocessing: ResNet and VGG on [0, 255] minus the mean, in
BGR order; MobileNet and Inception on [-1, 1]; DenseNet on standardized pixels; EfficientNet, ConvNeXt and MobileNetV3
rescale internally and expect [0, 255]. With other values the features are wrong or nearly constant, without any
warning.

Example:
    seqspec = 1

    [model]
    input = [224, 224, 3]
    layers = [
      { type = "Rescaling", scale = "1/255" },
      { type = "EfficientNetB0", include_top = false, pooling = "avg", trainable = false },
      { type = "Dense", units = 5, activation = "softmax" },
    ]

    [data.train]
    range = [0, 255]

Use instead:
    -  { type = "Rescaling", scale = "1/255" },

Confidence: certain for the built-in families, whose `preprocess_input` is compared with Keras by a test. Bounds may
differ by a quarter of the range. Without a declared input range, it is only reported if none of [0, 255], [0, 1] and
[-1, 1] results in the expected range.

References:
    keras.applications: preprocess_input of each family
"""

from seqspec.core.analysis.layers.base_models import BaseModelUse, find_base_models
from seqspec.core.analysis.layers.ranges import PIXELS
from seqspec.core.linter.rules import (
    Declared,
    Facts,
    Findings,
    Interval,
    LayerReport,
    Path,
    TreeFix,
    Value,
    Violation,
    at_layer,
    finding,
    fmt,
    remove,
    rule,
)

_TOLERANCE = 0.25


@rule("SEQ620", "warning", graphs="each", layers="base_model")
def check(facts: Facts) -> Findings:
    declared = facts.inputs.declared_range
    for use in find_base_models(facts.flat_layers)[:1]:
        before = use.before if facts.graph is None else facts.layers_before(use.entry)
        if before is None:
            continue
        base = use._replace(before=before)
        scaling = [entry for entry in base.before if "scaling" in entry.traits]
        if not base.pretrained or any(
            "mean" not in layer.layer.model_fields_set for layer in scaling if layer.type == "Normalization"
        ):
            continue
        start = (declared[0],) if declared is not None and declared[0].is_attained else PIXELS if scaling else ()
        incoming = [x for x in (_through(base, values) for values in start) if x is not None]
        if not incoming or any(_suits(x, base) for x in incoming):
            continue
        # Nearly constant inputs were scaled twice, which input-scaled-twice reports.
        if len(incoming) == 1 and incoming[0].high - incoming[0].low < 0.05:
            continue
        violation = _violation(
            base, incoming[0], declared[1].path if len(start) == 1 and declared else None, scaling[-1:]
        )
        # In a graph, other branches may need the scaling.
        yield violation if facts.graph is None else violation.replace(fix=None)


def _violation(base: BaseModelUse, x: Interval, source: Path | None, scaling: list[LayerReport]) -> Violation:
    expected = base.model.expects
    raw_pixels = not expected.layer
    related: list[tuple[Path, str]] = [(entry.path, "scaled here") for entry in scaling]
    if source is not None and not scaling:
        related = [(source, Declared("input range"))]
    return finding(
        fmt("expects pixels {}, but receives {}{}", expected.description, "at most " if source is None else "", x),
        **at_layer(base.entry),
        label="rescales [0, 255] internally" if raw_pixels else None,
        related=related,
        help=("remove the scaling before it" if scaling else "provide pixels in [0, 255]")
        if raw_pixels
        else fmt("for pixels in [0, 255], add {} before it", Value(expected.layer))
        + (" instead of the current scaling" if scaling else ""),
        fix=TreeFix("remove the scaling", (remove(scaling[0].path),)) if raw_pixels and scaling else None,
    )


def _through(base: BaseModelUse, x: Interval | None) -> Interval | None:
    for entry in base.before:
        x = entry.layer.output_range(x)
    return x


def _suits(x: Interval, base: BaseModelUse) -> bool:
    expected = base.model.expects
    slack = _TOLERANCE * (expected.high - expected.low)
    return abs(x.low - expected.low) <= slack and abs(x.high - expected.high) <= slack
