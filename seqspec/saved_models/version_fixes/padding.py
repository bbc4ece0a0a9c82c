"""Padding that Keras 3 does not have, as ZeroPadding layers.

The padding "same" of Theano is symmetric for any stride and kernel size, unlike in TensorFlow. TensorFlow's Keras
has SeparableConv1D with the padding "causal".
"""

from __future__ import annotations

from seqspec.saved_models.layer_classes import (
    is_pooling,
    is_recurrent_convolution,
    is_separable,
    is_transposed,
    rank_of,
    slides_kernel,
)
from seqspec.saved_models.nodes import SavedLayer, new_layer_before, per_axis
from seqspec.saved_models.saved_model import ConversionNotes, SavedModelError, WriterVersions


def with_padding(node: SavedLayer, generation: WriterVersions, notes: ConversionNotes) -> list[SavedLayer]:
    """A layer after a ZeroPadding layer where Keras 3 pads differently."""
    if is_separable(node.kind) and node.value("padding") == "causal":
        return [_causal_padding(node, notes), node]
    if generation.backend != "theano":
        return [node]
    if is_recurrent_convolution(node.kind):
        _require_odd(node)
    elif node.value("padding") == "same":
        return [*_theano_padding(node, notes), node]
    return [node]


def _causal_padding(node: SavedLayer, notes: ConversionNotes) -> SavedLayer:
    """The padding before the first step of a causal SeparableConv1D, which is then computed without padding."""
    span = node.arrays["depthwise_kernel"].shape[0] - 1
    (rate,) = per_axis(node.value("dilation_rate", default=1) or 1, 1)
    order = {key: node.config[key] for key in ("data_format",) if key in node.config}
    node.config["padding"] = "valid"
    notes.fixes["causal padding of SeparableConv1D written as ZeroPadding1D"] += 1
    return new_layer_before("ZeroPadding1D", {"padding": [span * rate, 0], **order}, node)


def _require_odd(node: SavedLayer) -> None:
    """Raises for ConvLSTM kernels whose states, padded in each step, are only symmetric with odd sizes."""
    sizes = node.arrays["recurrent_kernel"].shape[:2]
    strides = per_axis(node.value("strides", default=1), 2)
    same = node.value("padding") == "same"
    if any(size % 2 == 0 for size in sizes) or (same and any(stride != 1 for stride in strides)):
        raise SavedModelError(
            "removed-from-keras",
            f"{node.name!r} is a {node.kind} with a window of {sizes[0]} by {sizes[1]}, which Theano pads differently "
            "from TensorFlow",
            "train the model again with kernel sizes that are odd",
        )


def _theano_padding(node: SavedLayer, notes: ConversionNotes) -> list[SavedLayer]:
    kind = node.kind
    if not slides_kernel(kind) or is_transposed(kind):
        if is_pooling(kind) or is_transposed(kind):
            raise SavedModelError(
                "removed-from-keras",
                f"{node.name!r} is a {kind} with padding same, which Theano computes differently from TensorFlow",
                "set padding to valid and add a ZeroPadding layer before saving the model",
            )
        return []
    axes = rank_of(kind)
    kernel = node.arrays["depthwise_kernel" if is_separable(kind) else "kernel"].shape[:axes]
    strides = per_axis(node.value("strides", default=1), axes)
    rates = per_axis(node.value("dilation_rate", default=1) or 1, axes)
    spans = [(size - 1) * rate + 1 for size, rate in zip(kernel, rates)]
    if all(span % 2 and stride == 1 for span, stride in zip(spans, strides)):
        return []
    margins = [[span // 2, span - 1 - span // 2] for span in spans]
    config: dict[str, object] = {"padding": margins[0] if axes == 1 else margins}
    if axes > 1 and (key := node.key("data_format")) is not None:
        config[key] = node.config[key]
    node.config[node.key("padding") or "padding"] = "valid"
    notes.fixes["padding of Theano written as ZeroPadding"] += 1
    return [new_layer_before(f"ZeroPadding{axes}D", config, node)]
