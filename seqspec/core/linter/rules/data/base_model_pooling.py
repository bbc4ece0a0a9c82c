"""`pooling` of a base model that has no effect.

What it does: Detects unknown values of `pooling`, and pooling that is ignored because the base model includes its top.

Why is this bad? Keras accepts any string, but only "avg" and "max" have an effect. Otherwise the output remains a
feature map, and a Dense layer after it applies to each position.

Example:
    seqspec = 1

    [model]
    input = [224, 224, 3]
    layers = [
      { type = "DenseNet121", include_top = false, pooling = "average", trainable = false },
      "Flatten",
      { type = "Dense", units = 5, activation = "softmax" },
    ]

Use instead:
    -  { type = "DenseNet121", include_top = false, pooling = "average", trainable = false },
    -  "Flatten",
    +  { type = "DenseNet121", include_top = false, pooling = "avg", trainable = false },

Confidence: certain.

References:
    keras.applications: pooling
"""

from seqspec.core.analysis.layers.base_models import find_base_models
from seqspec.core.linter.rules import Facts, Findings, Suggestion, SuggestionTemplate, finding, fix_setting, fmt, rule


@rule("SEQ626", "warning", graphs="each", layers="base_model")
def check(facts: Facts) -> Findings:
    for base in find_base_models(facts.flat_layers):
        pooling, path = base.model.pooling, (*base.entry.path, "pooling")
        if pooling is None or pooling in ("avg", "max"):
            continue
        meant = "max" if pooling.lower().startswith("m") and "x" in pooling.lower() else "avg"
        yield finding(
            fmt('unknown pooling "{}": Keras silently ignores it', pooling[:40]),
            path=path,
            label=Suggestion(meant, SuggestionTemplate.STRING).label,
            help='use "avg" or "max"',
            fix=fix_setting(meant, path),
        )
