"""The layers of a file as a tree of their classes, configurations and arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from seqspec.core.api.catalog import legacy
from seqspec.core.api.frontends import INPUT, as_sequential, class_of, parts_of
from seqspec.core.api.syntax import Tree
from seqspec.saved_models.layer_classes import adds_weights, attribute_of, is_joined, is_stack, keeps_built_rank
from seqspec.saved_models.packages import np
from seqspec.saved_models.saved_model import Array, SavedModelError

_WRAPPERS = ("modelTopology", "model_config")
STACK = "Sequential"
"""The class of a model, and of a stack of layers inside it."""


class ChannelLayout(NamedTuple):
    """How a tensor of the converted model is arranged, if differently from the file.

    Attributes:
        channel_axis: The axis that has the channels in the file; in the converted model it is the last one.
        channels: The number of channels, if a Flatten has joined them with the positions; otherwise 0.
    """

    channel_axis: int
    channels: int = 0

    def as_in_file(self, values: Array) -> Array:
        """A tensor of the converted model, arranged as in the file."""
        if self.channels:
            return values.reshape(len(values), -1, self.channels).swapaxes(1, 2).reshape(values.shape)
        return np.moveaxis(values, -1, self.channel_axis)

    def as_converted(self, values: Array) -> Array:
        """A tensor of the file, arranged as in the converted model."""
        if self.channels:
            return values.reshape(len(values), self.channels, -1).swapaxes(1, 2).reshape(values.shape)
        return np.moveaxis(values, self.channel_axis, -1)


@dataclass(eq=False)
class SavedLayer:
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
        layout: How its output is arranged in the converted model, if differently from the file.
        changes: The changes of the arrays of a Keras 3 layer, by role; arrays of older layers are changed at once.
        stored_kind: The class by which the file names its arrays, if another one: a Functional model becomes a stack.
        quantized: The mode in which Keras 3 has quantized its arrays, None for a layer of floats.
    """

    kind: str
    config: Tree
    name: str = ""
    children: list[SavedLayer] = field(default_factory=list)
    arrays: dict[str, Array] = field(default_factory=dict)
    raw: Mapping[str, object] = field(default_factory=dict)
    origin: SavedLayer | None = None
    completes: bool = False
    layout: ChannelLayout | None = None
    changes: dict[str, Callable[[Array], Array]] = field(default_factory=dict)
    stored_kind: str = ""
    quantized: str | None = None

    def key(self, argument: str) -> str | None:
        """The name that an argument has in the configuration, which may be an older one; None if it is not in it."""
        return next((name for name in (argument, *legacy.OLDER_NAMES.get(argument, ())) if name in self.config), None)

    def value(self, argument: str, default: object = None) -> Any:
        """The value of an argument, which may have an older name."""
        key = self.key(argument)
        return default if key is None else legacy.value(key, plain(self.config[key]))

    @property
    def has_channels_first(self) -> bool:
        """Whether the channel axis of its input precedes the spatial axes."""
        return bool(self.value("data_format") == "channels_first")

    @property
    def attribute(self) -> str:
        """The attribute of the Keras object that leads to `children`, as in weights files.

        A Bidirectional has an attribute for each of its two: the forward and the backward layer.
        """
        return attribute_of(self.kind)

    def parts(self) -> list[tuple[str, SavedLayer]]:
        """The inner layers that have their own attribute, with its name."""
        if is_joined(self.kind):
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

    @property
    def output_rank_unknown(self) -> bool:
        """Whether the rank of its output depends on the input that it was built for, which the file does not contain.

        Keras surprise: the statistics of a Normalization keep that rank. An `.h5` file does not contain it.
        """
        return keeps_built_rank(self.kind) and self.built_shape is None

    def quantized_modes(self) -> Iterator[str]:
        """The modes of the quantized layers in it, itself included."""
        return (node.quantized for node in self.walk() if node.quantized is not None)

    def replace_children(self, replace: Callable[[Sequence[SavedLayer]], list[SavedLayer]]) -> None:
        """Replaces the layers inside, in a layer that is not a stack by one layer or a stack."""
        if self.attribute == "layers":
            self.children = replace(self.children)
        else:
            self.children = [as_single_layer(replace([child])) for child in self.children]

    def walk(self) -> Iterator[SavedLayer]:
        """The layer itself and all layers in it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def leaves(self) -> Iterator[SavedLayer]:
        """The layers with weights of their own, in Keras's order; a layer that wraps another comes before it."""
        if not self.children or adds_weights(self.kind):
            yield self
        for child in self.children:
            yield from child.leaves()


def plain(value: object) -> Any:
    """A value with tuples and dtype policies unwrapped from the tables of Keras."""
    name = class_of(value)
    if name in ("__tuple__", "TensorShape") and isinstance(value, Mapping):
        value = value.get("items")
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def per_axis(value: Any, count: int) -> list[int]:
    """One number per axis, from a number or a list."""
    return list(value) if isinstance(value, (list, tuple)) else [value] * count


def stack_of(config: Mapping[str, object]) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """The Sequential model in Keras's JSON, and the outermost table."""
    raw: Any = config
    while class_of(raw) is None and "layers" not in raw:
        key = next((key for key in _WRAPPERS if isinstance(raw.get(key), Mapping)), None)
        if key is None:
            raise SavedModelError("not-a-model", "the architecture names no class: it is not a Keras model")
        raw = raw[key]
    return as_sequential(raw), config


def read_nodes(raw: Mapping[str, object]) -> list[SavedLayer]:
    """The layers of a Sequential model."""
    inner = raw.get("config", raw)
    layers = inner.get("layers") if isinstance(inner, Mapping) else inner
    if not isinstance(layers, list):
        raise SavedModelError("not-a-model", "the model has no list of layers")
    return [_node(layer) for layer in layers]


def _node(raw: object) -> SavedLayer:
    if not isinstance(raw, Mapping):
        raise SavedModelError("not-a-model", "the model contains a layer that is not a table")
    stored_kind = parts_of(raw)[0]
    raw = as_sequential(raw)
    kind, config, _ = parts_of(raw)
    name = raw.get("name") if isinstance(config, list) else config.get("name", raw.get("name"))
    node = SavedLayer(kind, {}, str(name or ""), raw=raw, stored_kind=stored_kind)
    if isinstance(config, list):
        node.children = [_node(child) for child in config]
        return node
    node.config = dict(config)
    if isinstance(config.get("layers"), list) and is_stack(kind):
        node.children = [_node(child) for child in node.config.pop("layers")]
    elif class_of(config.get("layer")) is not None:
        node.children = [_node(node.config.pop("layer"))]
        if is_joined(kind):
            back = node.config.pop("backward_layer", None)
            node.children.append(_node(back) if class_of(back) is not None else _backward(config["layer"]))
            node.config["backward_given"] = class_of(back) is not None
    elif class_of(config.get("cell")) is not None:
        node.children = [_node(node.config.pop("cell"))]
    elif isinstance(config.get("cell"), list) or isinstance(config.get("cells"), list):
        key = "cell" if isinstance(config.get("cell"), list) else "cells"
        node.children = [_node(child) for child in node.config.pop(key)]
        node.config["cells_key"] = key
    return node


def _backward(forward: object) -> SavedLayer:
    """The backward layer that Keras creates from the forward one."""
    node = _node(forward)
    node.config["go_backwards"] = not node.config.get("go_backwards", False)
    return node


def entry(node: SavedLayer) -> Tree:
    """A layer as Keras serializes it."""
    config = dict(node.config)
    children = [entry(child) for child in node.children]
    if is_stack(node.kind):
        config["layers"] = children
    elif is_joined(node.kind):
        config["layer"] = children[0]
        if config.pop("backward_given", False):
            config["backward_layer"] = children[1]
    elif "cells_key" in config:
        config[config.pop("cells_key")] = children
    elif children:
        config[node.attribute] = children[0]
    if node.name and "name" not in config:
        config["name"] = node.name
    kept = {key: value for key, value in node.raw.items() if key not in ("class_name", "config", "name")}
    if class_of(node.raw) is None and "custom_name" in kept:
        kept = {}
    return {**kept, "class_name": node.kind, "config": config}


def all_leaves(nodes: Sequence[SavedLayer]) -> list[SavedLayer]:
    """The layers with weights of their own of a whole model."""
    return [leaf for node in nodes for leaf in node.leaves() if leaf.kind != INPUT]


def unnested(nodes: Sequence[SavedLayer], inputs: bool = False) -> Iterator[SavedLayer]:
    """The layers in order, with stacks replaced by their layers; with `inputs`, also the stacks and inputs."""
    for node in nodes:
        nested = bool(node.children) and is_stack(node.kind)
        if inputs or not (nested or node.kind == INPUT):
            yield node
        if nested:
            yield from unnested(node.children, inputs)


_INPUT = ("batch_input_shape", "batch_shape", "input_shape", "input_dim", "input_length")


def new_layer_before(kind: str, config: Mapping[str, object], before: SavedLayer) -> SavedLayer:
    """A new layer to insert before `before`, from which it takes the arguments that declare the input."""
    taken = {key: before.config.pop(key) for key in _INPUT if key in before.config}
    return SavedLayer(kind, {**config, **taken})


def as_single_layer(nodes: Sequence[SavedLayer]) -> SavedLayer:
    """The layers as one layer: a single layer itself, or a Sequential."""
    return nodes[0] if len(nodes) == 1 else SavedLayer(STACK, {}, "", list(nodes))


def replace_layers(nodes: Sequence[SavedLayer], replace: Callable[[SavedLayer], list[SavedLayer]]) -> list[SavedLayer]:
    """The layers, those inside of others too, with several in place of each layer without layers inside."""
    replaced: list[SavedLayer] = []
    for node in nodes:
        if node.children:
            node.replace_children(lambda inner: replace_layers(inner, replace))
        replaced += [node] if node.children else replace(node)
    return replaced
