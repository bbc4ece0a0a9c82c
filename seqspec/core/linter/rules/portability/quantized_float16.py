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
    seqspec = 1

    [model]
    input = [64]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 10, dtype = "float32" },
    ]

    [runtime]
    dtype_policy = "mixed_bfloat16"

    [quantize]
    mode = "int8"

Confidence: certain, compared with Keras by a test.

References:
    keras/src/layers/layer.py, _check_quantize_args
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.core.analysis.facts import Facts
from seqspec.core.analysis.layers.quantizing import quantized_layers
from seqspec.core.diagnostics.message import Message
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    quantize = facts.outputs.quantize
    if quantize is None or quantize.mode != "int8":
        return
    for entry in quantized_layers(facts.layers, quantize) or ():
        if entry.layer.compute_dtype(facts.env) == "float16":
            given = entry.layer.dtype is not None
            yield Violation(
                RULE.name,
                Message(entry.name, " computes in float16, which Keras cannot quantize to int8"),
                path=("quantize", "mode"),
                related=[((*entry.path, "dtype") if given else ("runtime", "dtype_policy"), "float16 here")],
                help='use "int4", or the dtype policy "mixed_bfloat16"',
            )
            return


RULE = Rule(
    code="SEQ809",
    name="quantized-float16",
    severity="error",
    requires=Requires(tables=("quantize",)),
    check=check,
    docs=__doc__,
)
