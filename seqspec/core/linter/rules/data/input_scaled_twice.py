"""Input that is scaled twice.

What it does: Detects inputs that are scaled until almost constant: pixels in [0, 1] that are divided by 255 again, two
such divisions, or a factor of 0. Also a `Normalization` of inputs that `[data.columns]` scales.

Why is this bad? All samples look the same to the first layer with weights. The differences between them are smaller
than the noise of training, and the model only predicts the mean of the labels for a long time.

Example:
    seqspec = 1

    [model]
    input = [28, 28, 1]
    layers = [
      { type = "Rescaling", scale = "1/255" },
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [data.train]
    range = [0.0, 1.0]

Use instead:
    -  { type = "Rescaling", scale = "1/255" },

Confidence: high. Reported if all remaining values lie within 0.05, or if two layers divide by 50 or more.

References:
    TheDeepChecker, double normalization (Ben Braiek and Khomh, 2022)
"""

from seqspec.core.linter.rules import Facts, Findings, LayerReport, Path, TreeFix, Violation, finding, fmt, remove, rule

_NARROW = 0.05
_STRONG = 1 / 50


@rule("SEQ602", "warning", layers="scaling")
def check(facts: Facts) -> Findings:
    declared = facts.inputs.declared_range
    shrinking: LayerReport | None = None
    for index, entry in enumerate(facts.flat_layers):
        if "scaling" not in entry.traits:
            if entry.weights:
                return
            continue
        if facts.inputs.unscaled_columns == [] and entry.type == "Normalization":
            related = (("data", "columns"), "scaled here")
            yield _found(entry, "normalizes columns that are already scaled", related, "scaled twice")
            return
        x, y = facts.inputs.ranges[index], facts.inputs.ranges[index + 1]
        if x is not None and x.is_attained and y is not None and y.high - y.low < min(_NARROW, x.high - x.low):
            first = shrinking.path if shrinking is not None else declared[1].path if declared is not None else ()
            yield _found(entry, fmt("scales values in {} to {}", x, y), (first, fmt("values are already in {}", x)))
            return
        factor: object = entry.argument("scale", 1)
        if isinstance(factor, (int, float)) and abs(factor) <= _STRONG:
            if shrinking is not None or factor == 0:
                effect = "maps every value to a constant" if factor == 0 else "divides values that are already scaled"
                yield _found(entry, effect, None if shrinking is None else (shrinking.path, "scaled here"))
                return
            shrinking = entry


def _found(
    entry: LayerReport, message: str, where: tuple[Path, str] | None, label: str = "almost constant"
) -> Violation:
    return finding(
        message,
        path=(*entry.path, "scale") if entry.type == "Rescaling" else entry.path,
        anchor="value" if entry.type == "Rescaling" else "layer",
        label=label,
        related=[where] if where is not None else [],
        help="remove this layer to scale only once",
        fix=TreeFix("remove the second scaling", (remove(entry.path),)),
    )
