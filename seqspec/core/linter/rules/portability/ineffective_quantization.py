"""Quantization that changes nothing.

What it does: Detects a `[quantize]` table that changes no layer: a model without Dense, EinsumDense and Embedding
layers, or `filters` that match no layer name.

Why is this bad? Keras only quantizes these layers and skips all others with a warning in the log. Convolutions and
recurrent layers keep their size.

Example:
    seqspec = 1

    [model]
    input = [32, 32, 3]
    layers = [
      { type = "Rescaling", scale = "1/255" },
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },
      { type = "Conv2D", filters = 10, kernel_size = 1, activation = "softmax" },
    ]

    [quantize]
    mode = "int8"

Use instead:
    -  { type = "Conv2D", filters = 10, kernel_size = 1, activation = "softmax" },
    +  "GlobalAveragePooling2D",
    +  { type = "Dense", units = 10, activation = "softmax" },

Confidence: certain, compared with Keras by a test. Models with custom layers or base models are not reported. If
quantized layers have less than a tenth of the weights, it is info.

References:
    keras.Model.quantize
"""

from seqspec.core.analysis.layers.quantizing import quantizable_layers, quantized_layers
from seqspec.core.diagnostics.errors import install_command
from seqspec.core.language.regex import has_engine, is_pattern
from seqspec.core.linter.rules import Facts, Findings, Sequence, finding, fmt, rule

_SHARE = 0.1


@rule("SEQ808", "warning", graphs="each", tables="quantize")
def check(facts: Facts) -> Findings:
    quantize = facts.files.quantize
    if quantize is None or not facts.has_full_stack or quantizable_layers(facts.layers, quantize.mode) is None:
        return
    able = quantizable_layers(facts.layers, quantize.mode) or []
    changed = quantized_layers(facts.layers, quantize)
    if changed is None and not _are_patterns(quantize.filters):
        yield finding(
            "filters is not a valid regular expression: Keras raises an error",
            path=("quantize", "filters"),
            severity="error",
            help="use a layer name or a regular expression",
        )
        return
    if changed is None:
        yield finding(
            "filters cannot be matched in bounded time, so the quantized layers are unknown",
            path=("quantize", "filters"),
            severity="info",
            help="use layer names" if has_engine() else fmt("use layer names, or {}", install_command("regex")),
        )
        return
    names = ", ".join(entry.name for entry in able[:4])
    total = sum(entry.params for entry in facts.layers)
    share = sum(entry.params for entry in changed) / total if total else 1.0
    if not able:
        yield finding(
            fmt("no layer supports {}: Keras only quantizes ", quantize.mode)
            + ("Dense and EinsumDense" if quantize.mode == "float8" else "Dense, EinsumDense and Embedding"),
            path=("quantize", "mode"),
            help="remove the table; to quantize convolutions, export to LiteRT and quantize there",
        )
    elif not changed:
        yield finding(
            "filters match no layer that can be quantized",
            path=("quantize", "filters"),
            help=fmt("quantizable layers: {}", names),
        )
    elif share < _SHARE and quantize.filters is None:
        yield finding(
            fmt("only {:.1%} of the weights are quantized to {}: those of {}", share, quantize.mode, names),
            path=("quantize", "mode"),
            severity="info",
            help="to quantize convolutions and recurrent layers, export to LiteRT and quantize there",
        )


def _are_patterns(filters: str | Sequence[str] | None) -> bool:
    return all(is_pattern(text) for text in ([filters] if isinstance(filters, str) else filters or ()))
