"""int8 quantization of layers that compute in float16.

What it does: Detects `mode = "int8"` with layers that compute in float16.

Why is this bad? Keras raises an error after training: the int8 scales cannot be represented in float16.

Example:
    seqspec = 1

    [model]
    input = [64]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 10, dtype = "float32" },
    ]

    [runtime]
    dtype_policy = "mixed_float16"

    [quantize]
    mode = "int8"

Use instead:
    -dtype_policy = "mixed_float16"
    +dtype_policy = "mixed_bfloat16"

Confidence: certain, compared with Keras by a test.

References:
    keras/src/layers/layer.py, _check_quantize_args
"""

from seqspec.core.analysis.layers.quantizing import quantized_layers
from seqspec.core.linter.rules import Facts, Findings, finding, fmt, rule


@rule("SEQ809", "error", graphs="each", tables="quantize")
def check(facts: Facts) -> Findings:
    quantize = facts.files.quantize
    if quantize is None or quantize.mode != "int8":
        return
    for entry in quantized_layers(facts.layers, quantize) or ():
        if entry.layer.compute_dtype(facts.env) == "float16":
            given = entry.layer.dtype is not None
            yield finding(
                fmt("{} computes in float16, which Keras cannot quantize to int8", entry.name),
                path=("quantize", "mode"),
                related=[((*entry.path, "dtype") if given else ("runtime", "dtype_policy"), "float16 here")],
                help='use "int4", or the dtype policy "mixed_bfloat16"',
            )
            return
