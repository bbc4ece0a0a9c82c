"""Quantized weights of TensorFlow.js: uint8, uint16 and float16, with a scale and the least value."""

from __future__ import annotations

from collections.abc import Mapping

from seqspec.saved_models.packages import np
from seqspec.saved_models.saved_model import Array, SavedModelError


def stored_dtype(entry: Mapping[str, object]) -> object:
    """The dtype in which the shards store a weight of a manifest."""
    quantized = entry.get("quantization")
    return quantized.get("dtype") if isinstance(quantized, dict) else entry.get("dtype")


def restore(array: Array, entry: Mapping[str, object], notes: list[str]) -> Array:
    """The stored values of a weight in the dtype that it had before its quantization; adds a note once."""
    quantized = entry.get("quantization")
    if not isinstance(quantized, dict):
        return array
    stored = quantized.get("dtype")
    note = f"the weights are quantized to {stored}: they are restored with its precision"
    if note not in notes:
        notes.append(note)
    if stored == "float16":
        return array.astype(np.float32)
    scale, least = quantized.get("scale"), quantized.get("min")
    if not isinstance(scale, (int, float)) or not isinstance(least, (int, float)):
        raise SavedModelError("not-a-model", f"the weight {entry.get('name')!r} has no scale and min")
    restored = array.astype(np.float32) * np.float32(scale) + np.float32(least)
    return np.round(restored).astype(np.int32) if entry.get("dtype") == "int32" else restored
