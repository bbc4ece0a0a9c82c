"""Recurrent layers: gates that Keras 1 keeps apart, and the parameters of CuDNN."""

from __future__ import annotations

from typing import Any

from seqspec.importers.saved.errors import numpy
from seqspec.importers.saved.nodes import Node
from seqspec.importers.saved.roles import gates
from seqspec.importers.saved.rules.convolution import is_channels_first
from seqspec.importers.saved.saved_model import Generation, Ledger

_ORDER = {"icfo": "ifco", "zrh": "zrh"}
"""The order in which Keras 1 creates the arrays of the gates → the order of the gates in one array since Keras 2."""


def modernize(node: Node, generation: Generation, ledger: Ledger) -> None:
    """Brings the arrays of a recurrent layer into the layout of Keras 3."""
    named = gates(node, generation)
    if named:
        _join(node, named, ledger)
    if node.kind in ("CuDNNLSTM", "CuDNNGRU"):
        _cudnn(node, ledger)
    if node.kind in ("GRU", "GRUCell", "CuDNNGRU"):
        _reset_after(node, generation)
    if node.kind.startswith("CuDNN"):
        node.kind = node.kind.removeprefix("CuDNN")
        node.config["recurrent_activation"] = "sigmoid"


def _join(node: Node, named: str, ledger: Ledger) -> None:
    np = numpy()
    parts = {"kernel": "W", "recurrent_kernel": "U", "bias": "b"}
    joined = {
        role: np.concatenate([_of_gate(node, node.arrays[f"{part}_{gate}"]) for gate in _ORDER[named]], axis=-1)
        for role, part in parts.items()
    }
    node.arrays = joined
    ledger.uses["gates of Keras 1 joined"] += 1


def _of_gate(node: Node, array: Any) -> Any:
    if node.kind == "ConvLSTM2D" and array.ndim == 4 and is_channels_first(node):
        return array.transpose(2, 3, 1, 0)
    return array


def _cudnn(node: Node, ledger: Ledger) -> None:
    """CuDNN multiplies by the transposed matrices, and has two biases."""
    np = numpy()
    count = 4 if node.kind == "CuDNNLSTM" else 3
    kernels = np.split(node.arrays["kernel"], count, axis=1)
    recurrent = np.split(node.arrays["recurrent_kernel"], count, axis=1)
    node.arrays["kernel"] = np.hstack([part.T.reshape(part.shape, order="F") for part in kernels])
    node.arrays["recurrent_kernel"] = np.hstack([part.T for part in recurrent])
    bias = node.arrays.get("bias")
    if bias is not None:
        node.arrays["bias"] = bias.reshape(2, -1).sum(axis=0) if count == 4 else bias.reshape(2, -1)
    if count == 3:
        node.config["reset_after"] = True
    ledger.uses["CuDNN weights converted"] += 1


def _reset_after(node: Node, generation: Generation) -> None:
    """The configuration decides where it has the key, otherwise the shape of the bias."""
    if "reset_after" not in node.config:
        bias = node.arrays.get("bias")
        node.config["reset_after"] = bias is not None and bias.ndim == 2
