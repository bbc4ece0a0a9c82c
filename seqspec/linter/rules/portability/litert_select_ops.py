"""Layers that LiteRT runs only with TensorFlow ops.

What it does: finds layers that a LiteRT file (`.tflite`) can hold only as operations of TensorFlow itself: recurrent
layers that are not unrolled, texts and lookups of numbers.

Why it hurts: the export succeeds, and the runtime on the phone refuses the file, because its "Flex" delegate with the
operations of TensorFlow is not built in; with it an app grows by several megabytes.

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

Instead:
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

Confidence: certain for the layers: each was exported by Keras and the file looked through, which a test repeats.
`use_cudnn = false` says that unrolling is meant, though training on a graphics card becomes slower by it.

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
    """Finds what the rule is about."""
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
            "becomes operations of TensorFlow in a LiteRT file, which a device runs only with the Flex delegate",
            path=inner.path,
            anchor="layer",
            related=[(("export", "format"), "exported here")],
            help=_advice(inner) if loops else "turn texts and categories into numbers before the model",
        )


def _advice(entry: LayerReport) -> str:
    steps = entry.input.sample[0] if entry.input.sample else None
    if not isinstance(steps, int):
        return "fix the number of steps in the input and write unroll = true"
    return "write unroll = true" if steps <= _LONG else "shorten the sequence and write unroll = true, or use Conv1D"


RULE = Rule(
    code="SEQ803",
    name="litert-select-ops",
    severity="warning",
    requires=Requires(tables=("export",)),
    check=check,
    docs=__doc__,
)
