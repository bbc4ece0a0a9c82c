"""Feature that the backend does not support.

What it does: Detects features that the backend in `[runtime]` does not support: text and lookup layers outside of
TensorFlow, training with OpenVINO, and exports that need another backend.

Why is this bad? These layers compute with TensorFlow and cannot be part of a model on another backend. Keras raises an
error on the first batch, or when the trained model is exported.

Example:
    seqspec = 1

    [model]
    input = { shape = [], dtype = "string" }
    layers = [
      { type = "TextVectorization", vocabulary = ["good", "bad"], output_sequence_length = 20 },
      { type = "Embedding", input_dim = 4, output_dim = 8 },
      "GlobalAveragePooling1D",
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [runtime]
    backend = "jax"

Use instead:
    -backend = "jax"
    +backend = "tensorflow"

Confidence: certain, according to these layers, `Model.export` and the OpenVINO backend of Keras.

References:
    keras.layers.TextVectorization: "cannot be used as part of the compiled computation graph of a model with any
    backend other than TensorFlow"
    keras/src/models/model.py, export; keras/src/backend/openvino/trainer.py
"""

from seqspec.core.document.outputs import Export
from seqspec.core.linter.rules import Facts, Findings, Setting, Verbatim, at_layer, finding, fmt, rule


@rule("SEQ804", "error", graphs="each", tables="runtime")
def check(facts: Facts) -> Findings:
    backend = facts.runtime.backend
    where = ("runtime", "backend")
    if backend is None:
        return
    for entry in facts.flat_layers:
        if backend != "tensorflow" and "tensorflow_only" in entry.traits:
            yield finding(
                fmt("needs TensorFlow and cannot be used with the {} backend", backend),
                **at_layer(entry),
                related=[(where, fmt("{} here", backend))],
                help=fmt(
                    "convert text and categories to indices before the model, or set {}",
                    Setting("backend", "tensorflow"),
                ),
            )
    if backend == "openvino" and facts.fit:
        yield finding(
            "the OpenVINO backend does not support training",
            path=where,
            related=[(facts.stage_path(0), "trained here")],
            help='train with "tensorflow", "jax" or "torch"',
        )
    for path, export in facts.files.exports:
        able = export.target_format.backends
        if able and backend not in able:
            names = " or ".join(fmt('"{}"', name) for name in able)
            yield finding(
                fmt('format = "{}" needs the backend {}, not "{}"', export.format, names, backend),
                path=(*path, Export.key_of(lambda table: table.format)),
                related=[(where, fmt("{} here", backend))],
                help=fmt(
                    "set {}, or {}",
                    Setting("backend", Verbatim(names)),
                    Setting(Export.key_of(lambda table: table.format), "onnx"),
                ),
            )
