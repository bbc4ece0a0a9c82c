"""Indices outside the range of an Embedding.

What it does: Detects indices outside of the `input_dim` of an Embedding. Their range is derived from `range` in
`[data.train]`, or from the preceding lookup or hashing layer.

Why is this bad? `input_dim` must be the largest index plus one. With larger indices TensorFlow raises an error on CPU
and returns zeros on GPU. Negative indices count from the end of the table, so tokens share a vector. Scaled values in
[0, 1] are truncated to integers: almost every token becomes index 0.

Example:
    seqspec = 1

    [model]
    input = { shape = ["words"], dtype = "int32" }
    layers = [
      { type = "Embedding", input_dim = 5000, output_dim = 32, mask_zero = true },
      { type = "LSTM", units = 32 },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    loss = "binary_crossentropy"

    [data.train]
    range = [0, 5000]

Use instead:
    -  { type = "Embedding", input_dim = 5000, output_dim = 32, mask_zero = true },
    +  { type = "Embedding", input_dim = 5001, output_dim = 32, mask_zero = true },

Confidence: certain, given the declared metadata. With only `max_tokens` it is a warning, since the learned vocabulary
may be smaller.

References:
    keras.layers.Embedding: input_dim is "maximum integer index + 1"
"""

from math import isfinite

from seqspec.core.linter.rules import (
    Declared,
    Facts,
    Findings,
    Interval,
    LayerReport,
    Message,
    Path,
    Setting,
    Violation,
    at_layer,
    finding,
    fix_setting,
    fmt,
    rule,
)


@rule("SEQ606", "error", layers="Embedding")
def check(facts: Facts) -> Findings:
    before: LayerReport | None = None
    declared = facts.inputs.declared_range
    for entry, values in zip(facts.flat_layers, facts.inputs.ranges):
        layer: object = entry.layer
        if entry.type == "Embedding":
            if before is not None:
                yield from _given(entry, before)
            elif declared is not None and declared[0].is_attained and values is not None:
                yield from _met(entry, values, declared[1].path)
        before = entry if "token_index" in entry.traits and getattr(layer, "output_mode", "") == "int" else None


def _given(entry: LayerReport, before: LayerReport) -> Findings:
    layer = before.layer
    count, certain = layer.token_count, True
    if count is None:
        count, certain = getattr(layer, "max_tokens", None) or getattr(layer, "num_bins", None), False
    size: int = entry.layer.input_dim
    if count is not None and count > size:
        numbers = "distinct indices" if certain else "distinct indices at most"
        yield _too_few(
            entry,
            count,
            fmt("has {} vectors, but {} outputs {} {}", size, before.type, count, numbers),
            before.path,
            certain,
        )


def _met(entry: LayerReport, values: Interval, source: Path) -> Findings:
    if not isfinite(values.size):
        return
    size: int = entry.layer.input_dim
    fractions = values.low != int(values.low) or values.high != int(values.high)
    if fractions or ((values.low, values.high) in ((0, 1), (-1, 1)) and size > 2):
        yield finding(
            fmt("expects integer indices, but receives values in {}, which are truncated to {}", values, _left(values)),
            **at_layer(entry),
            related=[(source, Declared("index range"))],
            help="do not scale token indices; for continuous features use a Dense layer",
        )
    elif values.high >= size:
        greatest = int(values.high)
        yield _too_few(
            entry,
            greatest + 1,
            fmt("has vectors for indices 0 to {}, but receives index {}", size - 1, greatest),
            source,
            True,
        )
    elif values.low < 0:
        yield finding(
            fmt("receives negative indices from {}, which count from the end of its {} vectors", int(values.low), size),
            **at_layer(entry),
            severity="warning",
            related=[(source, Declared("index range"))],
            help="use token indices from 0, or from 1 with 0 for padding",
        )


def _left(values: Interval) -> str:
    low, high = int(values.low), int(values.high)
    return fmt("{} to {}", low, high) if low != high else Message(low)


def _too_few(entry: LayerReport, needed: int, message: str, source: Path, certain: bool) -> Violation:
    path = (*entry.path, "input_dim")
    return finding(
        message,
        path=path,
        severity=None if certain else "warning",
        label=fmt("needs {}", needed),
        related=[(source, Declared("index range"))],
        help=fmt("set {}", Setting("input_dim", needed)),
        fix=fix_setting(needed, path),
    )
