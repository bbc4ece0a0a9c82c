"""Quantized layers of Keras 3: their weights become floats again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from seqspec.core.api.frontends import quantized
from seqspec.core.api.messages import counted
from seqspec.core.api.shapes import WeightSpec, parse_equation
from seqspec.saved_models.layer_classes import repeats_over_time
from seqspec.saved_models.nodes import SavedLayer
from seqspec.saved_models.packages import np
from seqspec.saved_models.saved_model import Array, ConversionNotes, SavedModelError
from seqspec.saved_models.weights_h5 import Leaf

_FLOAT8 = tuple(f"{what}_{part}" for what in ("inputs", "kernel", "outputs_grad") for part in ("scale", "amax_history"))
"""What float8 stores besides the weights, which are floats."""


def read_quantization(nodes: Sequence[SavedLayer], notes: ConversionNotes) -> None:
    """Marks the quantized layers, and adds notes on what their quantization changes."""
    quantized_nodes = [node for node in _walk(nodes) if _is_quantized(node)]
    for mode, count in sorted(Counter(node.quantized for node in quantized_nodes).items()):
        layers = counted(count, "layer")
        notes.fixes[f"weights dequantized from {mode}"] += count
        if mode == "float8":
            notes.add(
                f"the float8 scales of {layers} are left out: Keras rounds the inputs and kernels of these layers to "
                "float8, and their biases to bfloat16, and the spec does not, so that its predictions are more precise"
            )
        else:
            notes.add(
                f"the weights of {layers} are dequantized from {mode}; if Keras also quantizes the inputs of these "
                "layers, the predictions differ by the rounding of the inputs"
            )
    for wrapper in _walk(nodes):
        if repeats_over_time(wrapper.kind) and any(
            node.quantized not in (None, "float8") for node in _walk(wrapper.children)
        ):
            notes.add(
                f"{wrapper.name!r} ({wrapper.kind}) has a quantized layer, for which Keras returns wrong values: "
                "the spec computes what the model did before quantize()"
            )


def _walk(nodes: Sequence[SavedLayer]) -> Iterator[SavedLayer]:
    return (inner for node in nodes for inner in node.walk())


def _is_quantized(node: SavedLayer) -> bool:
    scheme = quantized(node.config.get("dtype"))
    node.quantized = None if scheme is None else scheme.mode
    return scheme is not None


def stored_names(leaf: Leaf, mode: str, count: int) -> list[str]:
    """The names of the `count` arrays of a quantized layer, in the order of `.weights.h5`."""
    main, *others = (leaf.weights[index].name for index in leaf.stored)
    bias = [name for name in others if name == "bias"]
    if mode == "float8":
        names = [main, *bias, *_FLOAT8]
    else:
        names = [main, *bias, f"{main}_scale"]
        back = [name for name in others if name != "bias"]
        plain = len(names) + 2 * len(back)
        grouped = mode == "int4" and count > plain
        names += [f"{main}_zero", "g_idx"] if grouped else []
        for name in back:
            names += [name, f"{name}_scale", *([f"{name}_zero"] if grouped else [])]
    if len(names) != count:
        raise SavedModelError(
            "weights-missing" if count < len(names) else "weights-left-over",
            f"expected {len(names)} arrays of the layer {leaf.name!r}, which is quantized to {mode}, found {count}",
        )
    return names


def quantized_variables(leaf: Leaf, mode: str, trainable: bool) -> set[str]:
    """The names that trainable, or other, variables of a quantized layer can have."""
    weights = [weight.name for weight in leaf.weights]
    if mode == "float8":
        known = {*weights, *_FLOAT8}
        trained = known
    else:
        known = {*weights, *(f"{name}_{part}" for name in weights for part in ("scale", "zero")), "g_idx"}
        trained = {name for name in weights if name == "bias" or name.startswith("lora_")}
    frozen = not any(weight.trainable for weight in leaf.weights)
    trained = set() if frozen else trained
    return trained if trainable else known - trained


def dequantize(
    node: SavedLayer, weights: Sequence[WeightSpec], where: str, arrays: Mapping[str, Array]
) -> dict[str, Array]:
    """The weights of a quantized layer by name, as floats.

    `arrays` has its variables by the names of their attributes in Keras.

    Raises:
        SavedModelError: A weight is missing, or has another shape.
    """
    dequantized: dict[str, Array] = {}
    for weight in weights:
        name, shape = weight.name, tuple(size for size in weight.shape if isinstance(size, int))
        if name not in arrays:
            raise SavedModelError("weights-missing", f"the file has no {name} of the layer {where!r}")
        if f"{name}_scale" not in arrays or node.quantized == "float8":
            dequantized[name] = arrays[name]
            continue
        try:
            array = _dequantize(node, name, arrays, shape)
        except (ValueError, IndexError) as error:
            raise SavedModelError(
                "weights-shape",
                f"{name} of the layer {where!r} has the shape {tuple(arrays[name].shape)}, which is not that of "
                f"{node.quantized} values for a weight of the shape {shape}",
            ) from error
        dequantized[name] = array.astype("float32" if weight.dtype == "bfloat16" else weight.dtype)
    return dequantized


def _dequantize(node: SavedLayer, name: str, arrays: Mapping[str, Array], shape: tuple[int, ...]) -> Array:
    stored, scale = arrays[name], arrays[f"{name}_scale"].astype("float32")
    by_row = name == "embeddings"
    equation = node.value("equation")
    # Before Keras 3.14 also int4 keeps the axes of the kernel, as int8 does.
    keeps_axes = name == "kernel" and equation is not None and scale.ndim != 1 and "g_idx" not in arrays
    rows = shape if keeps_axes or len(shape) == 2 else (stored.shape[0], scale.shape[-1])
    values = stored if node.quantized == "int8" else _unpacked_like(stored, rows)
    if keeps_axes:
        values = values / _aligned(scale, str(equation), len(shape))
    elif "g_idx" in arrays:
        groups = arrays["g_idx"].astype("int64")
        zero = arrays[f"{name}_zero"].astype("float32")
        axis = 1 if by_row else 0
        values = (values - zero.take(groups, axis)) * scale.take(groups, axis)
    else:
        values = values / (scale[:, None] if by_row else scale)
    return values.reshape(shape)


def _unpacked_like(packed: Array, shape: tuple[int, ...]) -> Array:
    """The int4 values of which each byte has two, along the axis that is half as long as it should be."""
    halves = [axis for axis, size in enumerate(shape) if packed.shape[axis] != size]
    # An axis of length 1 has one value in each byte.
    axis = halves[0] if halves else next((axis for axis, size in enumerate(shape) if size == 1), 0)
    front = np.moveaxis(packed.view("uint8"), axis, 0)
    pairs = np.stack([front & 15, front >> 4], axis=1).reshape(-1, *front.shape[1:])[: shape[axis]]
    signed = pairs.astype("float32")
    signed[signed > 7] -= 16
    unpacked = np.moveaxis(signed, 0, axis)
    if unpacked.shape != shape:
        raise ValueError("not packed int4 values of this shape")
    return unpacked


def _aligned(scale: Array, equation: str, rank: int) -> Array:
    """The scales of the outputs of an einsum as scales of its kernel, with 1 for its summed axes."""
    parsed = parse_equation(equation)
    if parsed is None:
        raise ValueError(equation)
    letters = [letter for letter in parsed.weight if letter in parsed.output]
    shift = scale.ndim - len(parsed.output) if parsed.left else 0
    axes = [parsed.output.index(letter) + shift for letter in letters]
    rest = tuple(axis for axis in range(scale.ndim) if axis not in axes)
    kept = np.squeeze(scale, rest).transpose(*(sorted(axes).index(axis) for axis in axes))
    summed = tuple(axis for axis, letter in enumerate(parsed.weight) if letter not in letters)
    aligned = np.expand_dims(kept, summed)
    if aligned.ndim != rank:
        raise ValueError(equation)
    return aligned
