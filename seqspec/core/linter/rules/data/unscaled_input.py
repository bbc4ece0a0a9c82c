"""Input with large values that reaches the first layer unscaled.

What it does: Detects large input values, such as pixels in [0, 255], that reach the first layer with weights unscaled.
The range is derived from `range` or `dtype` in `[data.train]`, or the dtype of the input, through the layers before.

Why is this bad? Initial weights and learning rates are designed for values in about [-1, 1]. With raw pixels the first
gradients are hundreds of times too large: the loss is unstable, units die, or a tiny learning rate is needed.

Example:
    seqspec = 1

    [model]
    input = [32, 32, 3]
    layers = [
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [data.train]
    range = [0, 255]

Use instead:
     layers = [
    +  { type = "Rescaling", scale = "1/255" },

Confidence: high above 20, where it is a warning; from 10 to 20 it is info, since scaled features with outliers reach
that far. A layer that is directly followed by BatchNormalization, without an activation in between, is not reported,
since the normalization removes the scale.

References:
    LeCun et al., Efficient BackProp, 1998, section 4.3
    UMLAUT, "input exceeds typical limits" (Schoop et al., 2021)
    TheDeepChecker, unnormalized features (Ben Braiek and Khomh, 2022)
"""

from seqspec.core.analysis.layers.ranges import PIXELS, UNSCALED, WHOLE_NUMBERS
from seqspec.core.diagnostics.message import shorten_list
from seqspec.core.linter.rules import (
    Declared,
    Facts,
    Findings,
    Interval,
    LayerReport,
    Path,
    Requires,
    Sequence,
    Setting,
    TreeFix,
    Value,
    Violation,
    at_layer,
    finding,
    fix_setting,
    fmt,
    insert,
    rule,
)

_HINTS = 10


@rule("SEQ601", "warning", any_of=(Requires(arguments=("range", "dtype")), Requires(dtypes=("uint8",))))
def check(facts: Facts) -> Findings:
    declared = facts.inputs.declared_range
    if declared is None or not declared[0].is_attained:
        return
    first = facts.inputs.first_weighted_layer
    if first is None or first.values is None or first.values.size <= _HINTS:
        return
    following = first.following.type if first.following is not None else ""
    if following == "BatchNormalization" and first.entry.activation == "linear":
        return
    if first.is_adapted:
        return
    if "no_integers" in first.entry.traits and first.entry.input.dtype in WHOLE_NUMBERS:
        return
    values, (_, source) = first.values, declared
    if facts.inputs.unscaled_columns:
        yield _columns(first.entry, values, source.path, facts.inputs.unscaled_columns)
        return
    adapts = facts.data.has_training_source
    # Pixels have a bound that holds for each image; the largest value of a column holds for this file.
    plain = values.low == 0 and values.high % 1 == 0 and (values.high == PIXELS[0].high or not adapts)
    rescaling = {"type": "Rescaling", "scale": f"1/{values.high:.0f}"}
    scaling = (
        fmt("{} before it, which adapts to the training set", Value("Normalization"))
        if adapts
        else fmt("{} before it, or scale the data", Value({"type": "Normalization", "mean": [...], "variance": [...]}))
    )
    inserted = rescaling if plain else "Normalization" if adapts else None
    yield finding(
        fmt("receives {} in {}", "unscaled values" if not first.scaling else "values", values)
        + ("" if not first.scaling else " after scaling"),
        **at_layer(first.entry),
        severity="warning" if values.size > UNSCALED else "info",
        label="works best with values in about [-1, 1]",
        related=[(source.path, Declared("range"))],
        help=fmt("add {} before it", Value(rescaling)) if plain else "add " + scaling,
        fix=TreeFix("scale the input", (insert(first.entry.path, inserted),))
        if inserted is not None and not first.scaling
        else None,
    )


def _columns(entry: LayerReport, values: Interval, source: Path, names: Sequence[str]) -> Violation:
    """The finding for columns that are encoded without a scale."""
    paths = [("data", "columns", name) for name in names]
    return finding(
        fmt("receives unscaled values in {}", values),
        **at_layer(entry),
        severity="warning" if values.size > UNSCALED else "info",
        label="works best with values in about [-1, 1]",
        related=[(source, Declared("range")), *((path, "not scaled") for path in paths[:3])],
        help=fmt("set {} for {}", Setting("scale", "standard"), shorten_list(names, 3)),
        fix=fix_setting("standard", *((*path, "scale") for path in paths)),
    )
