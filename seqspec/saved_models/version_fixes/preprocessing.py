"""Layers for text and categories of TensorFlow 2.4, whose arguments differ."""

from __future__ import annotations

from seqspec.core.catalog import legacy
from seqspec.saved_models.layer_classes import adapted_argument, has_argument, splits_text
from seqspec.saved_models.nodes import Node, plain
from seqspec.saved_models.saved_model import ConversionNotes

_MODES = {"binary": "multi_hot", "tf-idf": "tf_idf"}


def modernize(node: Node, notes: ConversionNotes) -> None:
    """Converts arguments whose meaning has changed."""
    if has_argument(node.kind, "salt") and plain(node.config.get("salt")) == legacy.UNSALTED:
        node.config["salt"] = None
        notes.fixes["default salt of TensorFlow 2.4 left out of Hashing"] += 1
        notes.add(
            f"the salt of {node.name!r} is left out: TensorFlow 2.4 writes it for layers without a salt. When "
            "TensorFlow 2.4 itself loads the file, it uses this salt, and predicts something else than before"
        )
    if adapted_argument(node.kind) == "bin_boundaries" and "bins" in node.config:
        notes.fixes["bins of a Discretization moved by one unit of float32"] += 1
    if has_argument(node.kind, "output_mode"):
        mode = node.config.get("output_mode")
        if isinstance(mode, str) and mode in _MODES:
            node.config["output_mode"] = _MODES[mode]
    if splits_text(node.kind) and node.config.get("max_tokens") is None:
        # It had no effect then.
        node.config.pop("pad_to_max_tokens", None)
