"""The arrays of each class in creation order, in Keras 1, Keras 2 and TensorFlow.js.

They are the weights that the catalogue declares, except for layers whose arrays Keras 3 does not have.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from seqspec.core.api.catalog import Composition, InferenceContext, Layer, legacy
from seqspec.core.api.shapes import TensorSpec
from seqspec.saved_models.layer_classes import adapted_argument, adds_weights, gates_of, successor
from seqspec.saved_models.nodes import SavedLayer
from seqspec.saved_models.saved_model import WriterVersions


class Role(NamedTuple):
    """One array of a layer.

    Attributes:
        name: Its role, which is also its name in Keras 3.
        trainable: Whether training changes it, unless the layer is frozen.
    """

    name: str
    trainable: bool = True


RECURRENT = ("kernel", "recurrent_kernel", "bias")
"""The arrays of a recurrent layer."""

PRE_ACTIVATION = frozenset({*RECURRENT, "pointwise_kernel"})
"""The arrays that are multiplied by a factor to multiply the input of `activation` by it."""

_REMOVED = {"MaxoutDense": "Dense"}
"""Classes without a successor, and a class with the same arrays."""

_ARGUMENTS: dict[str, object] = {
    "units": 1,
    "filters": 1,
    "kernel_size": 1,
    "input_dim": 1,
    "output_dim": 1,
    "equation": "abc,cd->abd",
    "output_shape": [1, 1],
    "layer": {"type": "Dense", "units": 1},
}
"""Required arguments that do not change which arrays a layer has."""

_FLAGS = ("use_bias", "scale", "center", "renorm")
"""Arguments that decide which arrays a layer has."""


def names_of_gate(gate: str) -> list[str]:
    """The names of the arrays of a gate in Keras 1: kernel, recurrent kernel, bias."""
    return [f"{legacy.WEIGHTS_OF_KERAS_1[role]}_{gate}" for role in RECURRENT]


def gates(node: SavedLayer, generation: WriterVersions) -> str:
    """The gates whose arrays Keras 1 stores separately; empty if they are in one array."""
    known = gates_of(node.kind)
    split = generation.keras == 1 and node.kind not in legacy.CUDNN and node.value("consume_less") != "gpu"
    return known.keras_1 if split and known is not None else ""


def roles(node: SavedLayer, generation: WriterVersions) -> list[Role]:
    """The arrays of a layer, without the arrays of inner layers."""
    if named := gates(node, generation):
        return [Role(name) for gate in named for name in names_of_gate(gate)]
    adapted = adapted_argument(node.kind)
    if adapted is not None and node.value(adapted) is not None:
        return []
    if adapted == "bin_boundaries":
        return [Role("summary", trainable=False)]
    layer_type = successor(_REMOVED.get(node.kind, node.kind))
    if layer_type is None or not has_arrays(layer_type):
        return []
    flags = {
        name: node.value(name) for name in _FLAGS if node.key(name) is not None and name in layer_type.model_fields
    }
    arguments = {name: value is not False if name == "use_bias" else bool(value) for name, value in flags.items()}
    # Keras surprise: whether an EinsumDense has a bias depends on bias_axes.
    has_bias_axes = node.value("bias_axes") is not None and "bias_axes" in layer_type.model_fields
    return list(_declared(layer_type, frozenset(arguments.items()), has_bias_axes))


def has_arrays(layer: type[Layer]) -> bool:
    """Whether the layer itself has arrays, not only the layers inside it."""
    is_opaque = layer.composition is Composition.OTHER and not layer.variables.hidden
    return layer.has.weights and (is_opaque or adds_weights(layer.__name__))


@cache
def _declared(layer_type: type[Layer], flags: frozenset[tuple[str, bool]], bias_axes: bool) -> tuple[Role, ...]:
    """The weights of a layer with these arguments, for an input of one value."""
    required = {name: value for name, value in _ARGUMENTS.items() if name in layer_type.required()}
    layer = layer_type.model_validate({**required, **dict(flags), **({"bias_axes": "d"} if bias_axes else {})})
    axes = max(layer_type.rank + 1 + (layer_type.role == "recurrent"), 2)
    x, env = TensorSpec((1,) * (axes + 1), "float32"), InferenceContext()
    inner = {weight.name for sublayer in layer.sublayers(x, env) for weight in sublayer.layer.own_weights(x, env)}
    return tuple(
        Role(weight.name, weight.trainable) for weight in layer.own_weights(x, env) if weight.name not in inner
    )
