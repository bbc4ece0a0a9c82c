"""Layer that the export format cannot hold.

What it does: Detects layers that need an operation which the format of `[export]` does not have: recurrent layers in
LiteRT without a fixed batch size, lookup layers in ONNX, three-dimensional pooling in LiteRT, ...

Why is this bad? The model is trained first, and then the export fails, or writes a file that no runtime loads.

Example:
    seqspec = 1

    [model]
    input = [40, 8]
    layers = [
      { type = "LSTM", units = 16 },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [export]
    filepath = "gesture.tflite"
    format = "litert"

Use instead:
     format = "litert"
    +batch_size = 1

Confidence: certain for Keras's layers: each is exported in every format and run by the runtime of the format
(`scripts/export-matrix`), and a test compares the results with this rule; base models have the limits of their layers.
Custom layers are not reported. In LiteRT, "has no operation" means: not without the Flex delegate, which adds
TensorFlow's operations to an app and several megabytes to its size.

References:
    ai.google.dev, LiteRT: select TensorFlow operators
    keras.Model.export
"""

from seqspec.core.analysis.exporting import ExportLimit, export_limits, limit_help, limit_text
from seqspec.core.document.outputs import Export
from seqspec.core.linter.rules import Facts, Findings, Path, TreeFix, at_layer, finding, rule, set_value

_FORMAT = Export.key_of(lambda table: table.format)


@rule("SEQ803", "error", graphs="each", tables="export")
def check(facts: Facts) -> Findings:
    for path, export in facts.files.exports:
        for unsupported in export_limits(facts.layers, export.format, export.batch_size):
            yield finding(
                limit_text(unsupported, export.format),
                **at_layer(unsupported.entry),
                related=[((*path, _FORMAT) if _has_format(facts, path) else path, "exported here")],
                help=limit_help(unsupported),
                fix=_fix(unsupported, path),
            )


def _has_format(facts: Facts, path: Path) -> bool:
    table = facts.spec.tree["export"]
    return _FORMAT in (table[path[1]] if len(path) > 1 else table)


def _fix(limit: ExportLimit, path: Path) -> TreeFix | None:
    if "batch_size" not in limit.fixes:
        return None
    return TreeFix("fix the batch size", (set_value((*path, Export.key_of(lambda table: table.batch_size)), 1),))
