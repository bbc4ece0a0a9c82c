"""The layers of a file as a tree of its own classes and configurations, each with its arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seqspec.importers.keras_json.reader import parts_of
from seqspec.importers.keras_json.values import class_of
from seqspec.importers.saved.errors import SavedModelError

INPUT = "InputLayer"
_WRAPPERS = ("modelTopology", "model_config")
_STACKS = ("Sequential", "Pipeline")
_ATTRIBUTES = {**dict.fromkeys(_STACKS, "layers"), "StackedRNNCells": "cells", "RNN": "cell"}
CELLS = ("SimpleRNNCell", "GRUCell", "LSTMCell")


@dataclass(eq=False)
class Node:
    """A layer of a file.

    Attributes:
        kind: Its class, as the file names it.
        config: Its configuration, without the layers inside.
        name: Its name in the file.
        children: The layers inside. A Bidirectional has two: forward and backward.
        arrays: Its own arrays by role, such as `kernel`; first as the file has them, then as Keras 3 needs them.
        raw: The serialized layer.
        origin: The layer of the file that this one replaces; None for one that was inserted.
        completes: Whether an inserted layer belongs to the one before it, not to the one after it.
    """

    kind: str
    config: dict[str, Any]
    name: str = ""
    children: list[Node] = field(default_factory=list)
    arrays: dict[str, Any] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)
    origin: Node | None = None
    completes: bool = False

    def value(self, *names: str, default: object = None) -> Any:
        """The argument of the first name that the configuration has."""
        for name in names:
            if name in self.config:
                value = self.config[name]
                return plain(value)
        return default

    @property
    def attribute(self) -> str:
        """The attribute of the Keras object that leads to `children`, as in weights files.

        A Bidirectional has an attribute for each of its two: the forward and the backward layer.
        """
        return _ATTRIBUTES.get(self.kind, "layer")

    def parts(self) -> list[tuple[str, Node]]:
        """The layers inside that have an attribute of their own, with its name."""
        if self.kind == "Bidirectional":
            return list(zip(("forward_layer", "backward_layer"), self.children))
        return [] if self.attribute in ("layers", "cells") else [(self.attribute, child) for child in self.children]

    @property
    def trainable(self) -> bool:
        return self.config.get("trainable", True) is not False

    @property
    def built_shape(self) -> tuple[int | None, ...] | None:
        """The input shape that it was built for, with the batch size; Keras 3 writes it."""
        built = self.raw.get("build_config") if isinstance(self.raw, Mapping) else None
        shape = plain(built.get("input_shape")) if isinstance(built, Mapping) else None
        return tuple(shape) if isinstance(shape, list) else None

    def leaves(self) -> Iterator[Node]:
        """The layers with weights of their own, in Keras's order; a layer that wraps another comes before it."""
        if not self.children or self.kind == "SpectralNormalization":
            yield self
        for child in self.children:
            yield from child.leaves()


def plain(value: object) -> Any:
    """A value without the tables in which Keras wraps tuples and dtype policies."""
    name = class_of(value)
    if name in ("__tuple__", "TensorShape") and isinstance(value, Mapping):
        return value.get("items")
    return value


def per_axis(value: Any, count: int) -> list[int]:
    """One number for each axis, from a number or a list."""
    return list(value) if isinstance(value, (list, tuple)) else [value] * count


def stack_of(config: Mapping[str, object]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The Sequential model in Keras's JSON, and the outermost table."""
    raw: Any = config
    while class_of(raw) is None and "layers" not in raw:
        key = next((key for key in _WRAPPERS if isinstance(raw.get(key), Mapping)), None)
        if key is None:
            raise SavedModelError("not-a-model", "the architecture names no class: it is not a Keras model")
        raw = raw[key]
    return raw, config


def read_nodes(raw: Mapping[str, object]) -> list[Node]:
    """The layers of a Sequential model."""
    inner = raw.get("config", raw)
    layers = inner.get("layers") if isinstance(inner, Mapping) else inner
    if not isinstance(layers, list):
        raise SavedModelError("not-a-model", "the model has no list of layers")
    return [_node(layer) for layer in layers]


def _node(raw: object) -> Node:
    if not isinstance(raw, Mapping):
        raise SavedModelError("not-a-model", "the model contains a layer that is not a table")
    kind, config, _ = parts_of(raw)
    name = raw.get("name") if isinstance(config, list) else config.get("name", raw.get("name"))
    node = Node(kind, {}, str(name or ""), raw=raw)
    if isinstance(config, list):
        node.children = [_node(child) for child in config]
        return node
    node.config = dict(config)
    if isinstance(config.get("layers"), list) and kind in _STACKS:
        node.children = [_node(child) for child in config["layers"]]
        del node.config["layers"]
    elif class_of(config.get("layer")) is not None:
        node.children = [_node(config["layer"])]
        del node.config["layer"]
        if kind == "Bidirectional":
            back = node.config.pop("backward_layer", None)
            node.children.append(_node(back) if class_of(back) is not None else _backward(config["layer"]))
            node.config["backward_given"] = class_of(back) is not None
    elif class_of(config.get("cell")) is not None:
        node.children = [_node(config["cell"])]
        del node.config["cell"]
    elif isinstance(config.get("cell"), list) or isinstance(config.get("cells"), list):
        key = "cell" if isinstance(config.get("cell"), list) else "cells"
        node.children = [_node(child) for child in config[key]]
        node.config["cells_key"] = key
        del node.config[key]
    return node


def _backward(forward: object) -> Node:
    """The backward layer that Keras makes of the forward one."""
    node = _node(forward)
    node.config["go_backwards"] = not node.config.get("go_backwards", False)
    return node


def entry(node: Node) -> dict[str, Any]:
    """A layer as Keras serializes it."""
    config = dict(node.config)
    children = [entry(child) for child in node.children]
    if node.kind in _STACKS:
        config["layers"] = children
    elif node.kind == "Bidirectional":
        config["layer"] = children[0]
        if config.pop("backward_given", False):
            config["backward_layer"] = children[1]
    elif "cells_key" in config:
        config[config.pop("cells_key")] = children
    elif node.kind == "RNN":
        config["cell"] = children[0]
    elif children:
        config["layer"] = children[0]
    if node.name and "name" not in config:
        config["name"] = node.name
    kept = {key: value for key, value in node.raw.items() if key not in ("class_name", "config", "name")}
    if class_of(node.raw) is None and "custom_name" in kept:
        kept = {}
    return {**kept, "class_name": node.kind, "config": config}


def all_leaves(nodes: Sequence[Node]) -> list[Node]:
    """The layers with weights of their own of a whole model."""
    return [leaf for node in nodes for leaf in node.leaves() if leaf.kind != INPUT]
