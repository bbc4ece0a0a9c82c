"""Export of a quantized model in a format that cannot hold it.

What it does: Detects `[quantize]` with an `[export]` whose format cannot hold the quantized layers: `mode = "int8"`
with OpenVINO, LiteRT and TF.js, and `mode = "float8"` with every format but a SavedModel.

Why is this bad? OpenVINO reads the int8 matrix products without an error and computes wrong outputs. The other
formats have no operation for them, and the export fails.

Example:
    seqspec = 1

    [model]
    input = [64]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [quantize]
    mode = "int8"

    [export]
    filepath = "digits.tflite"
    format = "litert"

Use instead:
     ]
    -
    -[quantize]
    -mode = "int8"

     format = "litert"
    +optimize = "int8"

Confidence: certain, compared with Keras and the runtimes by a test. `mode = "int4"` works in all formats.

References:
    keras.Model.quantize, keras.Model.export
"""

from seqspec.core.analysis.layers.quantizing import quantization_error, quantized_layers, unsupported_quantization
from seqspec.core.document.outputs import Export
from seqspec.core.linter.rules import Facts, Findings, Setting, TableName, finding, fmt, join, rule


@rule("SEQ811", "error", graphs="each", tables=("quantize", "export"))
def check(facts: Facts) -> Findings:
    quantize = facts.files.quantize
    if quantize is None:
        return
    changed = quantized_layers(facts.layers, quantize) or ()
    for path, export in facts.files.exports:
        entry = next(
            (candidate for candidate in changed if unsupported_quantization(candidate, quantize.mode, export.format)),
            None,
        )
        if entry is None:
            continue
        ways = [fmt("use {}", Setting("mode", "int4"))]
        if "optimize" in export.target_format.options:
            ways.insert(
                0,
                fmt(
                    "remove {} and set {} in {}",
                    TableName(("quantize",)),
                    Setting(Export.key_of(lambda export: export.optimize), "int8"),
                    TableName(("export",)),
                ),
            )
        yield finding(
            fmt("{} {}", entry.name, quantization_error(quantize.mode, export.format) or ""),
            path=(*path, Export.key_of(lambda table: table.format)) if "format" in export.model_fields_set else path,
            related=[(("quantize", "mode"), "quantized here")],
            help=join(", or ", ways),
        )
