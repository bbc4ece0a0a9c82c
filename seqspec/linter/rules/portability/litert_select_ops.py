"""Layers that LiteRT runs only with TensorFlow ops.

What it does: Detects layers that a LiteRT file (`.tflite`) can only represent with TensorFlow ops: recurrent layers
that are not unrolled, and text and lookup layers.

Why is this bad? The export succeeds, but the runtime on the device cannot load the file without the "Flex" delegate
with the TensorFlow ops, which increases the app size by several megabytes.

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
    seqspec = 1

    [model]
    input = [40, 8]
    layers = [
      { type = "LSTM", units = 16, unroll = true, use_cudnn = false },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [export]
    filepath = "gesture.tflite"
    format = "litert"

Confidence: certain for these layers: each was exported by Keras and the file inspected, which a test repeats.
`use_cudnn = false` is compatible with unrolling, although training on a GPU becomes slower.

References:
    ai.google.dev, LiteRT: select TensorFlow operators
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seqspec.analysis.facts import Facts
from seqspec.analysis.layer_report import LayerReport
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule

_TEXT = frozenset({"TextVectorization", "IntegerLookup", "Hashing"})
_STEPS = frozenset({"LSTM", "GRU", "SimpleRNN", "RNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"})
_LONG = 200


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    export = facts.outputs.export
    if export is None or export.format != "litert":
        return
    for entry in facts.flat_layers:
        inner = entry.layers[0] if entry.type == "Bidirectional" and entry.layers else entry
        layer: Any = inner.layer
        loops = inner.type in _STEPS and not layer.unroll
        if not loops and inner.type not in _TEXT:
            continue
        yield Violation(
            RULE.name,
            "is exported to LiteRT as TensorFlow ops, which require the Flex delegate at runtime",
            path=inner.path,
            anchor="layer",
            related=[(("export", "format"), "exported here")],
            help=_advice(inner) if loops else "convert text and categories to indices before the model",
        )


def _advice(entry: LayerReport) -> str:
    steps = entry.input.sample[0] if entry.input.sample else None
    if not isinstance(steps, int):
        return "set a fixed number of time steps in the input and set unroll = true"
    return "set unroll = true" if steps <= _LONG else "shorten the sequence and set unroll = true, or use Conv1D"


RULE = Rule(
    code="SEQ803",
    name="litert-select-ops",
    severity="warning",
    requires=Requires(tables=("export",)),
    check=check,
    docs=__doc__,
)
