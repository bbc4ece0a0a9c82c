"""Integer input to a layer that computes in floating point.

What it does: Detects integer inputs (`dtype = "uint8"`, `"int32"`, ...) to a layer that computes in floating point.

Why is this bad? Keras casts floats to the dtype of a layer, but not integers. TensorFlow has no integer convolutions:
the model builds, and the first batch fails. Dense and recurrent layers convert their input; severity is info there,
since byte inputs are usually pixels that should be scaled.

Example:
    seqspec = 1

    [model]
    input = { shape = [32, 32, 3], dtype = "uint8" }
    layers = [
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Use instead:
     layers = [
    +  { type = "Rescaling", scale = "1/255" },

Confidence: certain for convolutions on the TensorFlow backend, verified by running each of them. The other backends
convert; with `backend = "jax"` or `"torch"` in [runtime] they are not reported.

References:
    UMLAUT, "input not float" (Schoop et al., 2021)
"""

from seqspec.core.analysis.layers.ranges import INTEGERS, WHOLE_NUMBERS
from seqspec.core.linter.rules import (
    Facts,
    Findings,
    LayerReport,
    Path,
    Setting,
    TreeFix,
    Value,
    at_layer,
    finding,
    fmt,
    insert,
    rule,
)


@rule("SEQ616", "error", explains="fails-on-first-batch", dtypes=INTEGERS)
def check(facts: Facts) -> Findings:
    x = facts.input
    declared = facts.spec.tree["model"].get("input")
    first = facts.inputs.first_weighted_layer if x is not None and x.dtype in WHOLE_NUMBERS else None
    if x is None or first is None or first.entry.input.dtype not in WHOLE_NUMBERS or not isinstance(declared, dict):
        return
    entry, where = first.entry, _dtype_path(declared)
    backend = facts.runtime.backend
    fails = "no_integers" in entry.traits and backend in (None, "tensorflow")
    if not fails and first.values is not None and first.values.is_attained and first.values.size > 10:
        return
    pixels = x.dtype == "uint8"
    scaling = {"type": "Rescaling", "scale": "1/255"}
    if pixels:
        help = fmt("add {} before it", Value(scaling))
    elif (index := _index_before(facts, entry)) is not None:
        help = fmt(
            "set {} in {}, or add an Embedding before this layer", Setting("output_mode", "multi_hot"), index.type
        )
    else:
        help = fmt("set {} in the input", Setting("dtype", "float32"))
    yield finding(
        fmt("receives {}", entry.input.dtype)
        + (", which TensorFlow convolutions do not support" if fails else ", but computes in floating point"),
        **at_layer(entry),
        severity=None if fails else "info",
        related=[(where, fmt("{} here", x.dtype))],
        help=help,
        fix=TreeFix("scale the pixels", (insert(entry.path, scaling),)) if pixels else None,
    )


def _index_before(facts: Facts, entry: LayerReport) -> LayerReport | None:
    """The layer that outputs the indices of tokens or categories, if there is one."""
    layers = facts.flat_layers
    before = layers[: layers.index(entry)] if entry in layers else []
    return next((candidate for candidate in reversed(before) if "token_index" in candidate.traits), None)


def _dtype_path(declared: dict[str, object]) -> Path:
    return ("model", "input", "dtype") if "dtype" in declared else ("model", "input")
