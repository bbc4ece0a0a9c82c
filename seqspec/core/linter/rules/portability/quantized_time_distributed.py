"""Quantization inside TimeDistributed.

What it does: Detects `mode = "int8"` and `mode = "int4"` with a Dense or EinsumDense layer inside TimeDistributed.

Why is this bad? TimeDistributed calls the quantized layer with a batch for which its scales are wrong. Keras raises no
error, and the outputs are wrong by orders of magnitude.

Example:
    seqspec = 1

    [model]
    input = [8, 3]
    layers = [
      { type = "TimeDistributed", layer = { type = "Dense", units = 4 }, name = "per_step" },
    ]

    [quantize]
    mode = "int8"

Use instead:
    -  { type = "TimeDistributed", layer = { type = "Dense", units = 4 }, name = "per_step" },
    +  { type = "Dense", units = 4, name = "per_step" },

Confidence: certain, compared with Keras by a test. A Dense layer applies to the last axis by itself, so that
TimeDistributed around it is never needed.

References:
    keras/src/layers/core/dense.py, quantized_call
"""

from seqspec.core.analysis.layer_report import with_inner_layers
from seqspec.core.analysis.layers.quantizing import quantized_layers
from seqspec.core.linter.rules import Facts, Findings, TableName, at_layer, finding, fmt, rule


@rule("SEQ810", "error", graphs="each", tables="quantize", layers="TimeDistributed")
def check(facts: Facts) -> Findings:
    quantize = facts.files.quantize
    if quantize is None or quantize.mode == "float8":
        return
    quantized = {entry.path for entry in quantized_layers(facts.layers, quantize) or ()}
    for entry in facts.flat_layers:
        if entry.type != "TimeDistributed":
            continue
        inner = next((candidate for candidate in with_inner_layers(entry.layers) if candidate.path in quantized), None)
        if inner is not None:
            single = inner.path == entry.layers[0].path
            yield finding(
                fmt("returns wrong values when {} inside is quantized to {}", inner.type, quantize.mode),
                **at_layer(entry),
                related=[(("quantize", "mode"), "quantized here")],
                help=fmt("use {} without TimeDistributed: it applies to the last axis", inner.type)
                if single and inner.type == "Dense"
                else fmt(
                    "exclude the layer with filters in {}, or move it out of TimeDistributed", TableName(("quantize",))
                ),
            )
