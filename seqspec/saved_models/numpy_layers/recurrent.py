"""Recurrent layers, step by step, with the arrays as each Keras stores them."""

from __future__ import annotations

from collections.abc import Callable

from seqspec.core.api.catalog import legacy
from seqspec.saved_models.layer_classes import gates_of, holds_cells, is_recurrent_convolution, state_count
from seqspec.saved_models.nodes import SavedLayer
from seqspec.saved_models.numpy_layers.activations import activation_from_config
from seqspec.saved_models.numpy_layers.convolution import (
    correlate,
    dilations_of,
    kernel_size_of,
    pad,
    padding_of,
    strides_of,
)
from seqspec.saved_models.numpy_layers.tensor import (
    MaskedTensor,
    UnsupportedLayer,
    computes,
    from_channels_last,
    per_axis,
    to_channels_last,
)
from seqspec.saved_models.packages import np
from seqspec.saved_models.saved_model import Array, WriterVersions
from seqspec.saved_models.version_fixes.convolution import orient
from seqspec.saved_models.version_fixes.recurrent import resets_after, separate_gates

Step = Callable[[Array, list[Array]], tuple[Array, list[Array]]]


@computes("LSTM", "GRU", "SimpleRNN", "RNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
def recurrent(node: SavedLayer, x: MaskedTensor, generation: WriterVersions, zeros: bool = False) -> MaskedTensor:
    """The output of any recurrent layer for a batch, with zeros as initial states.

    With `zeros`, masked steps output zeros regardless of the configuration.
    """
    if node.value("time_major") or node.value("return_state"):
        raise UnsupportedLayer(f"{node.kind} with time_major or return_state")
    step, states = _stepper(node, x, generation)
    values, mask = x.values, x.mask
    backwards = bool(node.value("go_backwards"))
    order = range(values.shape[1])[::-1] if backwards else range(values.shape[1])
    outputs = []
    last: Array | None = None
    zero = zeros or bool(node.value("zero_output_for_mask"))
    for time in order:
        y, new = step(values[:, time], states)
        if mask is not None:
            keep = mask[:, time]
            y = _where(keep, y, np.zeros_like(y) if zero or last is None else last)
            new = [_where(keep, one, old) for one, old in zip(new, states)]
        outputs.append(y)
        last, states = y, new
    if node.value("return_sequences"):
        return MaskedTensor(np.stack(outputs, axis=1), mask)
    if mask is not None and zero:
        raise UnsupportedLayer("the last output with zero_output_for_mask")
    return MaskedTensor(outputs[-1])


def _where(keep: Array, new: Array, old: Array) -> Array:
    return np.where(keep.reshape(-1, *(1,) * (new.ndim - 1)), new, old)


def _stepper(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> tuple[Step, list[Array]]:
    batch = x.values.shape[0]
    if is_recurrent_convolution(node.kind):
        return _conv_lstm(node, x, generation)
    flat = _flat(node)
    steps = [_cell(cell, generation) for cell in flat]
    counts = [state_count(cell.kind) for cell in flat]
    units = [int(cell.value("units")) for cell in flat]
    states = [np.zeros((batch, size)) for size, count in zip(units, counts) for _ in range(count)]

    def step(values: Array, before: list[Array]) -> tuple[Array, list[Array]]:
        after: list[Array] = []
        place = 0
        for run, count in zip(steps, counts):
            values, new = run(values, before[place : place + count])
            after += new
            place += count
        return values, after

    return step, states


def _flat(cell: SavedLayer) -> list[SavedLayer]:
    if holds_cells(cell.kind):
        return [part for child in cell.children for part in _flat(child)]
    return [cell]


def _cell(node: SavedLayer, generation: WriterVersions) -> Step:
    gates = gates_of(node.kind)
    activation = activation_from_config(node, generation, default="tanh")
    hard = "hard_sigmoid" if generation.keras < 3 and node.kind not in legacy.CUDNN else "sigmoid"
    gate = activation_from_config(node, generation, "recurrent_activation", default=hard)
    if gates is None:
        kernel, recurrent_kernel = (node.arrays[name].astype(np.float64) for name in ("kernel", "recurrent_kernel"))
        bias = node.arrays.get("bias", 0)

        def simple(x: Array, states: list[Array]) -> tuple[Array, list[Array]]:
            h = activation(x @ kernel + bias + states[0] @ recurrent_kernel)
            return h, [h]

        return simple
    parts = _parts(node, generation, gates.order)
    if gates.activates_state:

        def lstm(x: Array, states: list[Array]) -> tuple[Array, list[Array]]:
            h, c = states
            z = {name: x @ w + b + h @ u + extra for name, (w, u, b, extra) in parts.items()}
            c = gate(z["f"]) * c + gate(z["i"]) * activation(z["c"])
            h = gate(z["o"]) * activation(c)
            return h, [h, c]

        return lstm
    after = node.kind in legacy.CUDNN or resets_after(node)

    def gru(x: Array, states: list[Array]) -> tuple[Array, list[Array]]:
        h = states[0]
        z, r = (gate(x @ w + b + h @ u + extra) for w, u, b, extra in (parts["z"], parts["r"]))
        w, u, b, extra = parts["h"]
        if after:
            candidate = activation(x @ w + b + r * (h @ u + extra))
        else:
            candidate = activation(x @ w + b + (r * h) @ u)
        h = z * h + (1 - z) * candidate
        return h, [h]

    return gru


def _parts(node: SavedLayer, generation: WriterVersions, names: str) -> dict[str, tuple[Array, Array, Array, Array]]:
    """The input and recurrent kernels and biases of each gate."""
    if separate := separate_gates(node, generation):
        return {name: (w, u, b, np.zeros(())) for name, (w, u, b) in separate.items()}
    count = len(names)
    kernels = np.split(node.arrays["kernel"].astype(np.float64), count, axis=1)
    recurrent_kernels = np.split(node.arrays["recurrent_kernel"].astype(np.float64), count, axis=1)
    bias = node.arrays.get("bias")
    units = recurrent_kernels[0].shape[0]
    if node.kind in legacy.CUDNN:
        # CuDNN interprets the values of each part as a matrix of shape (units, inputs).
        kernels = [part.reshape(units, -1).T for part in kernels]
        recurrent_kernels = [part.reshape(units, units).T for part in recurrent_kernels]
    biases = np.zeros((2, count * units)) if bias is None else np.zeros((2, count * units)) + _two(bias, count * units)
    inner, outer = np.split(biases[0], count), np.split(biases[1], count)
    return dict(zip(names, zip(kernels, recurrent_kernels, inner, outer)))


def _two(bias: Array, size: int) -> Array:
    """The input bias and the recurrent bias."""
    if bias.size == 2 * size:
        return bias.reshape(2, size)
    return np.stack([bias, np.zeros_like(bias)])


def _conv_lstm(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> tuple[Step, list[Array]]:
    first = node.has_channels_first
    count = x.values.ndim - 3
    activation = activation_from_config(node, generation, default="tanh")
    hard = "hard_sigmoid" if generation.keras < 3 else "sigmoid"
    gate = activation_from_config(node, generation, "recurrent_activation", default=hard)
    separate = separate_gates(node, generation)
    parts: dict[str, tuple[Array, Array, Array]] = {}
    w: Array
    u: Array
    b: Array
    for name in "ifco":
        if separate:
            w, u, b = separate[name]
        else:
            place = "ifco".index(name)
            w, u = (np.split(node.arrays[role], 4, axis=-1)[place] for role in ("kernel", "recurrent_kernel"))
            b = np.split(node.arrays["bias"], 4)[place] if "bias" in node.arrays else np.zeros(())
        parts[name] = (orient(node, w, generation), orient(node, u, generation), b)
    sizes = kernel_size_of(node, count)
    strides, dilations, mode = strides_of(node, count), dilations_of(node, count), padding_of(node)
    spans = tuple((size - 1) * rate + 1 for size, rate in zip(sizes, dilations))
    ones = per_axis(1, count)

    def read(values: Array, w: Array) -> Array:
        return correlate(pad(values, spans, strides, mode, generation), w, strides, dilations)

    example = read(to_channels_last(x.values[:, 0], first), parts["i"][0])

    def step(values: Array, states: list[Array]) -> tuple[Array, list[Array]]:
        h, c = (to_channels_last(state, first) for state in states)
        values = to_channels_last(values, first)
        z = {
            name: read(values, w) + b + correlate(pad(h, sizes, ones, "same", generation), u, ones, ones)
            for name, (w, u, b) in parts.items()
        }
        c = gate(z["f"]) * c + gate(z["i"]) * activation(z["c"])
        h = gate(z["o"]) * activation(c)
        return from_channels_last(h, first), [from_channels_last(h, first), from_channels_last(c, first)]

    zeros = from_channels_last(np.zeros_like(example), first)
    return step, [zeros, zeros]


@computes("Bidirectional")
def bidirectional(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    forward, backward = node.children
    zeros = generation.zeros_masked_steps and bool(forward.value("return_sequences"))
    one, other = (recurrent(layer, x, generation, zeros) for layer in (forward, backward))
    two = other.values[:, ::-1] if forward.value("return_sequences") else other.values
    merge = _MERGES.get(str(node.value("merge_mode", default="concat")))
    if merge is None:
        raise UnsupportedLayer("Bidirectional with several outputs")
    return MaskedTensor(merge(one.values, two), one.mask)


_MERGES: dict[str, Callable[[Array, Array], Array]] = {
    "concat": lambda one, other: np.concatenate([one, other], axis=-1),
    "sum": lambda one, other: one + other,
    "mul": lambda one, other: one * other,
    "ave": lambda one, other: (one + other) / 2,
}
