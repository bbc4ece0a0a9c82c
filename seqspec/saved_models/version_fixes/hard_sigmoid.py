"""hard_sigmoid: clip(0.2 x + 0.5) before Keras 3, clip(x / 6 + 0.5) since; new(1.2 x) equals old(x)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqspec.core.api.catalog import legacy
from seqspec.core.api.frontends import class_of
from seqspec.saved_models.layer_classes import applies_activation, gates_of
from seqspec.saved_models.nodes import SavedLayer, new_layer_before
from seqspec.saved_models.packages import np
from seqspec.saved_models.saved_model import ConversionNotes, SavedModelError, WriterVersions
from seqspec.saved_models.weight_roles import PRE_ACTIVATION, roles

FACTOR = 1.2
_USE = "hard_sigmoid rescaled by 1.2"


def activation_name(value: Any) -> str | None:
    """The name of an activation, which is a table in newer files."""
    if class_of(value) is not None:
        config = value.get("config")
        value = config if isinstance(config, str) else value.get("registered_name") or class_of(value)
    return legacy.ACTIVATIONS.get(value, value) if isinstance(value, str) else None


def is_hard(node: SavedLayer, *arguments: str) -> bool:
    return any(activation_name(node.value(argument)) == "hard_sigmoid" for argument in arguments)


def scale_weights(node: SavedLayer, generation: WriterVersions, notes: ConversionNotes) -> None:
    """Multiplies the pre-activations of hard_sigmoid by 1.2 by scaling the weights."""
    if not generation.old_hard_sigmoid:
        return
    gates, hard = gates_of(node.kind), is_hard(node, "activation")
    if gates is not None:
        if hard and gates.activates_state:
            raise SavedModelError(
                "removed-from-keras",
                f"{node.name!r} applies the hard_sigmoid of {generation} to its cell state, unlike Keras 3",
            )
        hard_gate = is_hard(node, "recurrent_activation")
        scaled = [hard if gate == gates.candidate else hard_gate for gate in gates.order]
        if any(scaled):
            _columns(node, scaled)
            notes.fixes[_USE] += 1
    elif hard and node.arrays:
        linear = [role.name for role in roles(node, generation) if role.name in PRE_ACTIVATION & node.arrays.keys()]
        if not linear:
            raise SavedModelError(
                "removed-from-keras",
                f"{node.name!r} is a {node.kind} with hard_sigmoid, whose meaning changed in Keras 3",
            )
        for name in linear:
            node.arrays[name] = node.arrays[name] * np.float32(FACTOR)
        notes.fixes[_USE] += 1


def _columns(node: SavedLayer, scaled: Sequence[bool]) -> None:
    """Multiplies the columns of those gates by 1.2."""
    factors = np.where(scaled, np.float32(FACTOR), np.float32(1))
    for role in ("kernel", "recurrent_kernel", "bias"):
        array = node.arrays.get(role)
        if array is None:
            continue
        node.arrays[role] = array * np.repeat(factors, array.shape[-1] // len(scaled))


def with_rescaling(node: SavedLayer, generation: WriterVersions, notes: ConversionNotes) -> list[SavedLayer]:
    """A layer, an Activation with hard_sigmoid after Rescaling(1.2)."""
    if not (generation.old_hard_sigmoid and applies_activation(node.kind) and is_hard(node, "activation")):
        return [node]
    notes.fixes["Rescaling(1.2) inserted before hard_sigmoid"] += 1
    return [new_layer_before("Rescaling", {"scale": FACTOR, "offset": 0.0}, node), node]
