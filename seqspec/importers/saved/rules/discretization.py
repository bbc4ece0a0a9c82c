"""Discretization of Keras 2: `adapt` leaves a summary of the data, and the boundaries are computed from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seqspec.importers.saved.errors import SavedModelError, numpy
from seqspec.importers.saved.nodes import Node
from seqspec.importers.saved.saved_model import Generation, Ledger


def modernize(node: Node, ledger: Ledger) -> None:
    """Replaces the summary of a layer by its boundaries."""
    if node.kind != "Discretization":
        return
    # In Keras 2 the dtype is that of the outputs; in Keras 3 inputs are cast to it.
    node.config.pop("dtype", None)
    summary = node.arrays.pop("summary", None)
    bins = node.value("num_bins")
    if summary is None or not isinstance(bins, int):
        return
    node.config["bin_boundaries"] = [float(str(value)) for value in boundaries(summary, bins)]
    node.config.pop("num_bins")
    ledger.uses["boundaries of a Discretization computed from its summary"] += 1


def boundaries(summary: Any, bins: int) -> Any:
    """The values at equal shares of the weights; `summary` has values and their weights, (2, n)."""
    np = numpy()
    share = 1.0 / bins
    if summary.shape[1] * share < 1:
        return summary[0][:-1]
    places = share + np.arange(0.0, 1.0, share)
    weights = np.cumsum(summary[1])
    return np.interp(places, weights / weights[-1], summary[0]).astype("float32")[:-1]


def require_version(nodes: Iterable[Node], generation: Generation) -> None:
    """Refuses such a layer of Keras 3 with an integer dtype where no version is named: 3.0 does not cast its input."""
    if generation.keras != 3 or generation.version:
        return
    for node in nodes:
        dtype = node.value("dtype")
        if node.kind == "Discretization" and isinstance(dtype, str) and dtype.startswith("int"):
            raise SavedModelError(
                "unverifiable",
                f"{node.name!r} has dtype {dtype}, to which versions after Keras 3.0 cast inputs, and the file "
                "does not name its version",
                "save the whole model as .keras",
            )


def without_dtype(config: object) -> Any:
    """The configuration of a model of Keras 3.0 without the dtype of such layers.

    It was int64 by default, and the inputs were not cast to it, as newer versions do.
    """
    if isinstance(config, Mapping):
        kept = {key: without_dtype(value) for key, value in config.items()}
        inner = kept.get("config")
        computes = (
            inner.get("dtype") if isinstance(inner, dict) and kept.get("class_name") == "Discretization" else None
        )
        if isinstance(inner, dict) and isinstance(computes, str) and computes.startswith("int"):
            del inner["dtype"]
        return kept
    return [without_dtype(value) for value in config] if isinstance(config, list) else config
