"""hard_sigmoid: clip(0.2 x + 0.5) before Keras 3, clip(x / 6 + 0.5) since; the new one of 1.2 x is the old one of x."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqspec.importers.keras_json.values import class_of
from seqspec.importers.saved.errors import SavedModelError, numpy
from seqspec.importers.saved.nodes import Node
from seqspec.importers.saved.roles import is_convolution, is_depthwise, is_separable
from seqspec.importers.saved.saved_model import Generation, Ledger

FACTOR = 1.2
_USE = "hard_sigmoid rescaled by 1.2"


def activation_name(value: Any) -> str | None:
    """The name of an activation, which newer files write as a table."""
    if class_of(value) is not None:
        config = value.get("config")
        value = config if isinstance(config, str) else value.get("registered_name") or class_of(value)
    return value if isinstance(value, str) else None


def is_hard(node: Node, *arguments: str) -> bool:
    return any(activation_name(node.config.get(argument)) == "hard_sigmoid" for argument in arguments)


def rescale(node: Node, generation: Generation, ledger: Ledger) -> None:
    """Multiplies what hard_sigmoid is applied to by 1.2, in the weights."""
    if not generation.old_hard_sigmoid:
        return
    kind = node.kind.removesuffix("Cell")
    gate = is_hard(node, "recurrent_activation", "inner_activation")
    if kind == "LSTM" or kind.startswith("ConvLSTM"):
        if is_hard(node, "activation"):
            raise SavedModelError(
                "removed-from-keras",
                f"{node.name!r} applies the hard_sigmoid of {generation} to its cell state, unlike Keras 3",
            )
        if gate:
            _columns(node, 4, (0, 1, 3))
            ledger.uses[_USE] += 1
    elif kind == "GRU":
        columns = ((0, 1) if gate else ()) + ((2,) if is_hard(node, "activation") else ())
        if columns:
            _columns(node, 3, columns)
            ledger.uses[_USE] += 1
    elif is_hard(node, "activation") and node.arrays:
        if is_separable(kind):
            roles: Sequence[str] = ("pointwise_kernel", "bias")
        elif kind in ("Dense", "TimeDistributedDense", "EinsumDense") or is_convolution(kind) or is_depthwise(kind):
            roles = ("kernel", "bias")
        elif kind == "SimpleRNN":
            roles = ("kernel", "recurrent_kernel", "bias")
        else:
            raise SavedModelError(
                "removed-from-keras", f"{node.name!r} is a {kind} with hard_sigmoid, whose meaning changed in Keras 3"
            )
        for role in roles:
            if role in node.arrays:
                node.arrays[role] = node.arrays[role] * numpy().float32(FACTOR)
        ledger.uses[_USE] += 1


def _columns(node: Node, gates: int, chosen: Sequence[int]) -> None:
    np = numpy()
    for role in ("kernel", "recurrent_kernel", "bias"):
        array = node.arrays.get(role)
        if array is None:
            continue
        factors = np.ones(gates, np.float32)
        factors[list(chosen)] = FACTOR
        node.arrays[role] = array * np.repeat(factors, array.shape[-1] // gates)


def rescaled(nodes: Sequence[Node], generation: Generation, ledger: Ledger) -> list[Node]:
    """Inserts Rescaling(1.2) before layers that are only an activation."""
    if not generation.old_hard_sigmoid:
        return list(nodes)
    found = []
    for node in nodes:
        if node.children:
            node.children = _inside(node, generation, ledger)
        elif node.kind == "Activation" and is_hard(node, "activation"):
            before = inserted("Rescaling", {"scale": FACTOR, "offset": 0.0}, node)
            found.append(before)
            ledger.uses["Rescaling(1.2) inserted before hard_sigmoid"] += 1
        found.append(node)
    return found


def _inside(node: Node, generation: Generation, ledger: Ledger) -> list[Node]:
    if node.attribute == "layers":
        return rescaled(node.children, generation, ledger)
    return [as_one(rescaled([child], generation, ledger)) for child in node.children]


_INPUT = ("batch_input_shape", "batch_shape", "input_shape", "input_dim", "input_length")


def inserted(kind: str, config: Mapping[str, object], before: Node) -> Node:
    """A new layer that takes the place of `before` as the first of the model."""
    taken = {key: before.config.pop(key) for key in _INPUT if key in before.config}
    return Node(kind, {**config, **taken})


def as_one(nodes: Sequence[Node]) -> Node:
    """Several layers as one."""
    return nodes[0] if len(nodes) == 1 else Node("Sequential", {}, "", list(nodes))
