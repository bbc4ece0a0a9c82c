"""Feature that the backend does not support.

What it does: finds what the backend in `[runtime]` cannot do: layers for texts and lookups outside TensorFlow, training
with OpenVINO, exports that need another backend.

Why it hurts: these layers compute with TensorFlow and cannot be a part of a model of another backend. Keras finds that
when the first batch arrives, or when the trained model is exported.

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

Instead:
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
    backend = "tensorflow"

Confidence: certain, by what Keras itself says in these layers, in `Model.export` and in its OpenVINO backend.

References:
    keras.layers.TextVectorization: "cannot be used as part of the compiled computation graph of a model with any
    backend other than TensorFlow"
    keras/src/models/model.py, export; keras/src/backend/openvino/trainer.py
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule

_TENSORFLOW = frozenset({"TextVectorization", "StringLookup", "IntegerLookup", "Hashing"})
_EXPORTS = {"litert": ("tensorflow", "torch"), "torch": ("torch",)}


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    backend = facts.runtime.backend if facts.runtime is not None else None
    where = ("runtime", "backend")
    if backend is None:
        return
    for entry in facts.flat_layers:
        if backend != "tensorflow" and entry.type in _TENSORFLOW:
            yield Violation(
                RULE.name,
                f"computes with TensorFlow and cannot be in a model of {backend}",
                path=entry.path,
                anchor="layer",
                related=[(where, f"{backend} here")],
                help='turn texts and categories into numbers before the model, or write backend = "tensorflow"',
            )
    if backend == "openvino" and facts.fit:
        yield Violation(
            RULE.name,
            "OpenVINO runs models and trains none",
            path=where,
            related=[(facts.stage_path(0), "trained here")],
            help='train with "tensorflow", "jax" or "torch"',
        )
    export = facts.outputs.export
    able = _EXPORTS.get(export.format) if export is not None else None
    if export is not None and able is not None and backend not in able:
        words = " or ".join(f'"{one}"' for one in able)
        yield Violation(
            RULE.name,
            f'format = "{export.format}" needs the backend {words}, not "{backend}"',
            path=("export", "format"),
            related=[(where, f"{backend} here")],
            help=f'write backend = {words}, or format = "onnx"',
        )


RULE = Rule(
    code="SEQ804",
    name="unsupported-by-backend",
    severity="error",
    requires=Requires(tables=("runtime",)),
    check=check,
    docs=__doc__,
)
