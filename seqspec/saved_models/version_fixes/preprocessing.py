"""Preprocessing layers of Keras 2, whose arguments differ.

`adapt` of a Discretization stores a summary of the data there, from which its boundaries are computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from seqspec.core.api.catalog import legacy
from seqspec.core.api.frontends import INPUT
from seqspec.saved_models.layer_classes import adapted_argument, has_argument, keeps_built_rank, splits_text
from seqspec.saved_models.nodes import SavedLayer, plain
from seqspec.saved_models.packages import np
from seqspec.saved_models.saved_model import Array, ConversionNotes, SavedModelError, WriterVersions

_MODES = {"binary": "multi_hot", "tf-idf": "tf_idf"}


def modernize(node: SavedLayer, notes: ConversionNotes) -> None:
    """Converts arguments whose meaning has changed, and replaces the summary of a Discretization."""
    _set_boundaries(node, notes)
    if has_argument(node.kind, "salt") and plain(node.config.get("salt")) == legacy.UNSALTED:
        node.config["salt"] = None
        notes.fixes["default salt of TensorFlow 2.4 left out of Hashing"] += 1
        notes.add(
            f"the salt of {node.name!r} is left out: TensorFlow 2.4 writes it for layers without a salt. When "
            "TensorFlow 2.4 itself loads the file, it uses this salt, and predicts something else than before"
        )
    if _is_discretization(node.kind) and "bins" in node.config:
        notes.fixes["bins of a Discretization moved by one unit of float32"] += 1
    if has_argument(node.kind, "output_mode"):
        mode = node.config.get("output_mode")
        if isinstance(mode, str) and mode in _MODES:
            node.config["output_mode"] = _MODES[mode]
    if splits_text(node.kind) and node.config.get("max_tokens") is None:
        # It had no effect then.
        node.config.pop("pad_to_max_tokens", None)


def _is_discretization(kind: str) -> bool:
    return adapted_argument(kind) == "bin_boundaries"


def _set_boundaries(node: SavedLayer, notes: ConversionNotes) -> None:
    """Replaces the summary of a layer with its boundaries."""
    if not _is_discretization(node.kind):
        return
    # In Keras 2 it is the dtype of the outputs; Keras 3 casts inputs to it.
    node.config.pop("dtype", None)
    summary = node.arrays.pop("summary", None)
    bins = node.value("num_bins")
    if summary is None or not isinstance(bins, int):
        return
    node.config["bin_boundaries"] = [float(str(value)) for value in boundaries(summary, bins)]
    node.config.pop("num_bins")
    notes.fixes["boundaries of a Discretization computed from its summary"] += 1


def boundaries(summary: Array, bins: int) -> Array:
    """The quantiles of a summary of shape (2, n), which contains values and their weights."""
    share = 1.0 / bins
    quantiles: Array = summary[0]
    if summary.shape[1] * share >= 1:
        places = share + np.arange(0.0, 1.0, share)
        weights = np.cumsum(summary[1])
        quantiles = np.interp(places, weights / weights[-1], summary[0]).astype("float32")
    return quantiles[:-1]


def set_learned_size(nodes: Sequence[SavedLayer], notes: ConversionNotes) -> None:
    """Sets the size of the input, if it is unknown, for which a first Normalization has learned its mean.

    Keras 2 saves that size as unknown for a layer that was adapted before it was added to the model.
    """
    first = next((index for index, node in enumerate(nodes) if node.kind != INPUT), 0)
    node = nodes[first]
    mean, axes = node.arrays.get("mean"), node.value("axis", default=-1)
    axis = axes[0] if isinstance(axes, list) and len(axes) == 1 else axes
    if not keeps_built_rank(node.kind) or mean is None or not isinstance(axis, int):
        return
    for part in nodes[: first + 1]:
        shape = plain(part.config.get("batch_input_shape"))
        if isinstance(shape, list) and -len(shape) <= axis < len(shape) and shape[axis] is None:
            shape[axis] = mean.size
            part.config["batch_input_shape"] = shape
            if part is node:
                notes.fixes["size of the input set to that of the mean of its Normalization"] += 1


def require_version(nodes: Iterable[SavedLayer], generation: WriterVersions) -> None:
    """Rejects such a layer of an unknown Keras 3 version with an integer dtype, since 3.0 does not cast its input."""
    if generation.keras != 3 or generation.version:
        return
    for node in nodes:
        dtype = node.value("dtype")
        if _is_discretization(node.kind) and isinstance(dtype, str) and dtype.startswith("int"):
            raise SavedModelError(
                "unverifiable",
                f"{node.name!r} has dtype {dtype}, to which versions after Keras 3.0 cast inputs, and the file "
                "does not name its version",
                "save the whole model as .keras",
            )


def drop_integer_dtype(config: object) -> Any:
    """The configuration of a model of Keras 3.0 without the dtype of such layers.

    It was int64 by default, and the inputs were not cast to it, as newer versions do.
    """
    if isinstance(config, Mapping):
        kept = {key: drop_integer_dtype(value) for key, value in config.items()}
        inner = kept.get("config")
        computes = (
            inner.get("dtype") if isinstance(inner, dict) and _is_discretization(str(kept.get("class_name"))) else None
        )
        if isinstance(inner, dict) and isinstance(computes, str) and computes.startswith("int"):
            del inner["dtype"]
        return kept
    return [drop_integer_dtype(value) for value in config] if isinstance(config, list) else config
