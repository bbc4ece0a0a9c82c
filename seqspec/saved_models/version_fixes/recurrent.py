"""Recurrent layers: gates that Keras 1 stores separately, and the parameters of CuDNN."""

from __future__ import annotations

from seqspec.core.api.catalog import legacy
from seqspec.saved_models.layer_classes import gates_of, has_argument, holds_cells, is_recurrent_convolution
from seqspec.saved_models.nodes import SavedLayer
from seqspec.saved_models.packages import np
from seqspec.saved_models.saved_model import Array, ConversionNotes, WriterVersions
from seqspec.saved_models.weight_roles import RECURRENT, gates, names_of_gate


def separate_gates(node: SavedLayer, generation: WriterVersions) -> dict[str, list[Array]]:
    """The kernel, recurrent kernel and bias of each gate, empty if the gates are in one array."""
    return {
        gate: [node.arrays[name].astype(np.float64) for name in names_of_gate(gate)] for gate in gates(node, generation)
    }


def modernize(node: SavedLayer, generation: WriterVersions, notes: ConversionNotes) -> None:
    """Converts the arrays of a recurrent layer to the layout of Keras 3."""
    stacked = node.children[0].children if holds_cells(node.kind) and len(node.children) == 1 else []
    if len(stacked) == 1 and holds_cells(node.children[0].kind):
        # Keras 3 surprise: an RNN of a list of one cell fails on masked input.
        node.children = stacked
        notes.fixes["list of one cell replaced by the cell"] += 1
    if gates(node, generation):
        _join(node, notes)
    if node.kind in legacy.CUDNN:
        _cudnn(node, notes)
    if has_argument(node.kind, "reset_after"):
        node.config.setdefault("reset_after", resets_after(node))


def _join(node: SavedLayer, notes: ConversionNotes) -> None:
    gates = gates_of(node.kind)
    assert gates is not None
    parts = zip(*([_of_gate(node, node.arrays[name]) for name in names_of_gate(gate)] for gate in gates.order))
    node.arrays = {role: np.concatenate(arrays, axis=-1) for role, arrays in zip(RECURRENT, parts)}
    notes.fixes["gates of Keras 1 joined"] += 1


def _of_gate(node: SavedLayer, array: Array) -> Array:
    if is_recurrent_convolution(node.kind) and array.ndim == 4 and node.has_channels_first:
        return array.transpose(2, 3, 1, 0)
    return array


def _cudnn(node: SavedLayer, notes: ConversionNotes) -> None:
    """Converts the parameters of CuDNN, which uses transposed matrices and two biases."""
    gates = gates_of(node.kind)
    assert gates is not None
    count = len(gates.order)
    two_biases = has_argument(node.kind, "reset_after")
    kernels = np.split(node.arrays["kernel"], count, axis=1)
    recurrent = np.split(node.arrays["recurrent_kernel"], count, axis=1)
    node.arrays["kernel"] = np.hstack([part.T.reshape(part.shape, order="F") for part in kernels])
    node.arrays["recurrent_kernel"] = np.hstack([part.T for part in recurrent])
    bias = node.arrays.get("bias")
    if bias is not None:
        node.arrays["bias"] = bias.reshape(2, -1) if two_biases else bias.reshape(2, -1).sum(axis=0)
    node.kind, arguments = legacy.CLASSES[node.kind]
    node.config |= {**arguments, "recurrent_activation": "sigmoid"}
    notes.fixes["CuDNN weights converted"] += 1


def resets_after(node: SavedLayer) -> bool:
    """The argument `reset_after`: by the shape of the bias if the configuration does not have it."""
    bias = node.arrays.get("bias")
    return bool(node.config.get("reset_after", bias is not None and bias.ndim == 2))
