"""Pixel range that differs from what the base model expects.

What it does: compares the values that arrive at a base model with those that its trained weights know. They follow from
`range` or `dtype` in `[data.train]`, or from the scaling in front of the base model, whatever the pixels may be.

Why it hurts: every family was trained on pixels of its own kind: ResNet and VGG on 0 to 255 less a mean, in the order
BGR; MobileNet and Inception on -1 to 1; DenseNet on standardized ones; EfficientNet, ConvNeXt and MobileNetV3 hold
their scaling inside and want 0 to 255. With others the features are wrong or all alike, and nothing says so.

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

Instead:
    seqspec = 1

    [model]
    input = [224, 224, 3]
    layers = [
      { type = "EfficientNetB0", include_top = false, pooling = "avg", trainable = false },
      { type = "Dense", units = 5, activation = "softmax" },
    ]

    [data.train]
    range = [0, 255]

Confidence: certain for the families, whose `preprocess_input` is compared by a test. Ends may differ by a quarter of
the range. Without known values it speaks only where neither 0 to 255 nor 0 to 1 nor -1 to 1 becomes what is wanted.

References:
    keras.applications: preprocess_input of each family
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.base_models import BaseModelUse, find_base_models
from seqspec.analysis.facts import Facts
from seqspec.analysis.layer_report import LayerReport
from seqspec.analysis.ranges import Interval, leaving
from seqspec.catalog.index import APPLICATIONS
from seqspec.diagnostics.tree_fix import TreeFix, remove
from seqspec.diagnostics.violation import Path, Violation
from seqspec.linter.rule import Requires, Rule

_USUAL = (Interval(0, 255, True), Interval(0, 1, True), Interval(-1, 1, True))
_TOLERANCE = 0.25


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    declared = facts.declared_range
    for base in find_base_models(facts.flat_layers)[:1]:
        scaling = [entry for entry in base.before if entry.type in ("Rescaling", "Normalization")]
        if not base.pretrained or any(
            "mean" not in one.layer.model_fields_set for one in scaling if one.type == "Normalization"
        ):
            continue
        start = (declared[0],) if declared is not None and declared[0].met else _USUAL if scaling else ()
        arriving = [x for x in (_through(base, values) for values in start) if x is not None]
        if not arriving or any(_suits(x, base) for x in arriving):
            continue
        # What is nearly constant was scaled twice, and that is told where it is done.
        if len(arriving) == 1 and arriving[0].high - arriving[0].low < 0.05:
            continue
        yield _told(base, arriving[0], declared[1].path if len(start) == 1 and declared else None, scaling[-1:])


def _told(base: BaseModelUse, x: Interval, source: Path | None, scaling: list[LayerReport]) -> Violation:
    wanted = base.model.expects
    string_range = not wanted.layer
    related: list[tuple[Path, str]] = [(entry.path, "scaled here") for entry in scaling]
    if source is not None and not scaling:
        related = [(source, "what arrives")]
    return Violation(
        RULE.name,
        f"its weights know pixels of {wanted.words}, but {x} arrives" + (" at most" if source is None else ""),
        path=base.entry.path,
        anchor="layer",
        label="scales 0 to 255 by itself" if string_range else None,
        related=related,
        help=("remove the scaling before it" if scaling else "feed pixels of 0 to 255")
        if string_range
        else f"from 0 to 255, put {wanted.layer} before it" + (" in place of the scaling" if scaling else ""),
        fix=TreeFix("remove the scaling", (remove(scaling[0].path),)) if string_range and scaling else None,
    )


def _through(base: BaseModelUse, x: Interval | None) -> Interval | None:
    for entry in base.before:
        x = leaving(entry, x)
    return x


def _suits(x: Interval, base: BaseModelUse) -> bool:
    wanted = base.model.expects
    slack = _TOLERANCE * (wanted.high - wanted.low)
    return abs(x.low - wanted.low) <= slack and abs(x.high - wanted.high) <= slack


RULE = Rule(
    code="SEQ620",
    name="base-model-input-range",
    severity="warning",
    requires=Requires(layers=APPLICATIONS),
    check=check,
    docs=__doc__,
)
