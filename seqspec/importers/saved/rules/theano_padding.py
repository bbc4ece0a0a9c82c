"""Theano pads "same" evenly, whatever the stride and the size of the kernel; TensorFlow does not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from seqspec.importers.saved.errors import SavedModelError
from seqspec.importers.saved.nodes import Node
from seqspec.importers.saved.roles import is_convolution, is_depthwise, is_separable
from seqspec.importers.saved.rules.convolution import is_transposed
from seqspec.importers.saved.rules.hard_sigmoid import as_one, inserted
from seqspec.importers.saved.saved_model import Generation, Ledger


def padded(nodes: Sequence[Node], generation: Generation, ledger: Ledger) -> list[Node]:
    """Writes the margin as a ZeroPadding layer where it differs from that of Keras 3."""
    if generation.backend != "theano":
        return list(nodes)
    found = []
    for node in nodes:
        if node.children:
            if node.attribute == "layers":
                node.children = padded(node.children, generation, ledger)
            else:
                node.children = [as_one(padded([child], generation, ledger)) for child in node.children]
        elif node.value("padding", "border_mode") == "same":
            found += _margin(node, ledger)
        found.append(node)
    return found


def _margin(node: Node, ledger: Ledger) -> list[Node]:
    kind = node.kind
    simple = is_convolution(kind) and not is_transposed(kind) and not kind.startswith("ConvLSTM")
    if not simple:
        if "Pooling" in kind or is_depthwise(kind) or is_separable(kind) or is_convolution(kind):
            raise SavedModelError(
                "removed-from-keras",
                f"{node.name!r} is a {kind} with padding same, which Theano computes differently from TensorFlow",
                "set padding to valid and add a ZeroPadding layer before saving the model",
            )
        return []
    axes = int(re.search(r"([123])D", kind)[1])  # type: ignore[index]  # always matches
    kernel = node.arrays["kernel"].shape[:axes]
    strides = _each(node.value("strides", "subsample", "subsample_length", default=1), axes)
    rates = _each(node.value("dilation_rate", "atrous_rate", default=1) or 1, axes)
    spans = [(size - 1) * rate + 1 for size, rate in zip(kernel, rates)]
    if all(span % 2 and stride == 1 for span, stride in zip(spans, strides)):
        return []
    margins = [[span // 2, span - 1 - span // 2] for span in spans]
    config: dict[str, Any] = {"padding": margins[0] if axes == 1 else margins}
    for key in ("data_format", "dim_ordering"):
        if key in node.config and axes > 1:
            config[key] = node.config[key]
    for key in ("padding", "border_mode"):
        if key in node.config:
            node.config[key] = "valid"
    ledger.uses["padding of Theano written as ZeroPadding"] += 1
    return [inserted(f"ZeroPadding{axes}D", config, node)]


def _each(value: Any, count: int) -> list[int]:
    return list(value) if isinstance(value, (list, tuple)) else [value] * count
