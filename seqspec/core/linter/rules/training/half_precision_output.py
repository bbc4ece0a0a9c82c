"""Output layer in half precision.

What it does: Detects a model for training whose last layer computes in float16 or bfloat16.

Why is this bad? The output layer needs precision: a softmax in float16 is 0 for anything below 6e-8, logits overflow at
65504, and regression outputs have three significant digits. Keras only casts to float32 afterwards, for the loss.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    optimizer = "adam"
    loss = "binary_crossentropy"

    [runtime]
    dtype_policy = "mixed_float16"

Use instead:
    -  { type = "Dense", units = 1, activation = "sigmoid" },
    +  { type = "Dense", units = 1, dtype = "float32", activation = "sigmoid" },

Confidence: high for float16; bfloat16 has the range of float32 with fewer digits, so severity is info.

References:
    TensorFlow, guide on mixed precision: the model's output should be float32
"""

from seqspec.core.linter.rules import (
    Facts,
    Findings,
    Requires,
    Setting,
    TreeFix,
    at_layer,
    finding,
    fmt,
    rule,
    set_value,
)


@rule(
    "SEQ518",
    "warning",
    graphs="head",
    any_of=(
        Requires(tables=("compile",), dtypes=("float16", "bfloat16")),
        Requires(tables=("fit",), dtypes=("float16", "bfloat16")),
    ),
)
def check(facts: Facts) -> Findings:
    output = facts.output.tensor
    if output is None or facts.tables.isdisjoint(("compile", "fit")) or output.dtype not in ("float16", "bfloat16"):
        return
    entry = facts.flat_layers[-1] if facts.has_full_stack else facts.output.layers[-1]
    named = "dtype" in entry.layer.model_fields_set
    yield finding(
        fmt("the model output is {}, which is too imprecise for a loss", output.dtype),
        **at_layer(entry, "dtype"),
        label=output.dtype,
        related=[] if named or not facts.has("runtime") else [(("runtime", "dtype_policy"), "policy of all layers")],
        help=fmt("set {} in the last layer", Setting("dtype", "float32")),
        severity="info" if output.dtype == "bfloat16" else None,
        fix=TreeFix("compute the last layer in float32", (set_value((*entry.path, "dtype"), "float32"),)),
    )
