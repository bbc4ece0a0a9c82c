"""channels_first, which TensorFlow only supports on GPUs.

Such layers become channels_last between two Permutes, or, with `move_channels`, in the whole model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from seqspec.core.api.frontends import INPUT
from seqspec.saved_models.layer_classes import (
    applies_activation,
    has_argument,
    is_batch_normalization,
    is_dense,
    is_elementwise,
    is_flatten,
    is_global_pooling,
    is_joined,
    is_recurrent_convolution,
    is_stack,
    rank_of,
    repeats_over_time,
    slides_kernel,
)
from seqspec.saved_models.nodes import ChannelLayout, SavedLayer, new_layer_before, unnested
from seqspec.saved_models.saved_model import Array, ConversionNotes, SavedModelError, WriterVersions
from seqspec.saved_models.version_fixes.hard_sigmoid import activation_name


def to_channels_last(
    nodes: Sequence[SavedLayer], generation: WriterVersions, notes: ConversionNotes
) -> list[SavedLayer]:
    """The layers with channels_first replaced where Keras 3 would not run it; files of Keras 3 are not changed."""
    if generation.keras >= 3:
        return list(nodes)
    return _LayoutConverter(generation, notes).keep_layout(nodes)


def move_channels_last(
    nodes: Sequence[SavedLayer], generation: WriterVersions, notes: ConversionNotes
) -> tuple[list[SavedLayer], ChannelLayout]:
    """The layers with channels_first as channels_last, also the input of the model; returns its layout too.

    A layer that mixes the channels with other axes, such as a Reshape, has a Permute before it; after a Flatten, the
    rows of the next kernel are reordered instead.

    Raises:
        SavedModelError: No layer has channels_first, or its input is not the input of the model.
    """
    converter = _LayoutConverter(generation, notes, moves_input=True)
    state = converter.start(nodes)
    if generation.keras >= 3:
        _require_plain_wrappers(nodes)
    start = state.layout
    assert start is not None
    converted = converter.stack(nodes, state)
    if state.axes:
        notes.add("the outputs have their channels on the last axis, too")
    return converted, start


def _require_plain_wrappers(nodes: Sequence[SavedLayer]) -> None:
    """Raises for wrappers whose layers are replaced by others, since a file of Keras 3 has their weights by path."""
    for node in nodes:
        wraps = bool(node.children) and not is_stack(node.kind) and not _spatial(node)
        if wraps and any(_spatial(leaf) for leaf in node.leaves()):
            raise SavedModelError(
                "layout", f"{node.name!r} is a {node.kind} of a layer with channels_first, which cannot be converted"
            )
        if is_stack(node.kind):
            _require_plain_wrappers(node.children)


@dataclass
class _State:
    """The tensor between two layers.

    Attributes:
        axes: The number of spatial axes while the channels are last, otherwise 0.
        steps: The number of axes before the spatial ones, without the batch: 1 for a sequence of images.
        channels: The number of channels, 0 if it is unknown.
        flat: Whether a Flatten has joined spatial axes and channels in another order than in the file.
    """

    axes: int = 0
    steps: int = 0
    channels: int = 0
    flat: bool = False

    @property
    def layout(self) -> ChannelLayout | None:
        if self.flat:
            return ChannelLayout(1, self.channels)
        return ChannelLayout(self.steps + 1) if self.axes else None


@dataclass(eq=False)
class _LayoutConverter:
    """Converts a model; with `moves_input` its input has the channels last, and stacks inside do not keep theirs."""

    generation: WriterVersions
    notes: ConversionNotes
    moves_input: bool = False

    def start(self, nodes: Sequence[SavedLayer]) -> _State:
        """The state at the input of the model; raises `SavedModelError` if its channels cannot be moved."""
        for node in unnested(nodes):
            if axes := _spatial(node):
                steps = _steps(node)
                shape = next(
                    (input_shape for inner in unnested(nodes, inputs=True) if (input_shape := _input_shape(inner))), ()
                )
                channels = shape[steps + 1] if len(shape) == axes + steps + 2 else None
                return _State(axes, steps, channels if isinstance(channels, int) else 0)
            if not _passes(node, 0):
                break
        later = next((other for other in unnested(nodes) if any(_spatial(leaf) for leaf in other.leaves())), None)
        if later is None:
            raise SavedModelError("layout", "no layer of the model has channels_first")
        what = "is a layer around the first one" if node is later else "is before the first layer"
        raise SavedModelError(
            "layout",
            f"the channels of the input cannot be moved: {node.name!r} ({node.kind}) {what} with channels_first",
            "without --layout, the model keeps its input, and Permute layers move the channels",
        )

    def keep_layout(self, nodes: Sequence[SavedLayer]) -> list[SavedLayer]:
        """The layers of a stack that keeps the layout of its input and output."""
        state = _State()
        converted = self.stack(nodes, state)
        if state.axes:
            converted.append(_last(_permute(state.axes, state.steps, back=True)))
        return converted

    def stack(
        self, nodes: Sequence[SavedLayer], state: _State, following: Sequence[SavedLayer] = ()
    ) -> list[SavedLayer]:
        """The layers of a stack; changes `state` from the state of its input to the state of its output."""
        converted: list[SavedLayer] = []
        for index, node in enumerate(nodes):
            if node.kind == INPUT:
                converted.append(node)
                continue
            rest = [*nodes[index + 1 :], *following]
            if node.children and is_stack(node.kind) and self.moves_input:
                node.children = self.stack(node.children, state, rest)
                node.layout = state.layout
                converted.append(node)
                continue
            if node.children and not (self.moves_input and _spatial(node)):
                node.replace_children(_LayoutConverter(self.generation, self.notes).keep_layout)
            spatial = _spatial(node)
            if state.flat:
                self._flat(node, state)
            elif spatial:
                converted += self._converted(node, spatial, state)
                continue
            elif state.axes and is_flatten(node.kind):
                converted += self._flatten(node, state, rest)
                continue
            elif state.axes and not self._moved(node, state):
                converted.append(_permute(state.axes, state.steps, back=True))
                state.axes = 0
            node.layout = state.layout
            converted.append(node)
        return converted

    def _converted(self, node: SavedLayer, spatial: int, state: _State) -> list[SavedLayer]:
        """A layer with channels_first as channels_last, and what it needs before and after it."""
        nodes = []
        core, steps = _core(node), _steps(node)
        if not state.axes:
            nodes.append(_permute(spatial, steps, before=node))
            self.notes.fixes["channels_first replaced by Permute and channels_last"] += 1
        elif self.moves_input:
            self.notes.fixes["channels_first replaced by channels_last"] += 1
        state.axes, state.steps = spatial, steps
        inner = core.leaves[0]
        state.channels = _channels(inner, state.channels)
        for leaf in core.leaves:
            _channels_last(leaf)
        nodes.append(node)
        after = _softmax(inner)
        if is_recurrent_convolution(inner.kind) and not inner.value("return_sequences"):
            state.steps -= 1
        if is_global_pooling(inner.kind) and not inner.value("keepdims"):
            state.axes = 0
        node.layout = state.layout
        if after is not None:
            nodes += [_last(_permute(state.axes, state.steps, back=True)), after]
            state.axes = 0
        return nodes

    def _flatten(self, node: SavedLayer, state: _State, rest: Sequence[SavedLayer]) -> list[SavedLayer]:
        if node.has_channels_first:
            # Such a layer moves the channels to the end itself.
            _channels_last(node)
            state.axes = 0
            return [node]
        if self.moves_input and state.channels and not state.steps and _is_restored(rest):
            state.axes, state.flat = 0, True
            node.layout = state.layout
            return [node]
        flattened = [_permute(state.axes, state.steps, back=True), node]
        state.axes = 0
        return flattened

    def _flat(self, node: SavedLayer, state: _State) -> None:
        """Reorders the arrays of a layer after a Flatten, and ends that order with a kernel."""
        names = ("kernel",) if is_dense(node.kind) else _PER_FEATURE
        for name in names:
            self._change(node, name, _rows(state.channels))
        if is_dense(node.kind):
            state.flat = False
            self.notes.fixes["rows of a kernel after Flatten reordered"] += 1

    def _moved(self, node: SavedLayer, state: _State) -> bool:
        """Changes the axes of a layer that computes the same on channels_last; returns whether it does."""
        core = _core(node)
        node = core.leaves[0]
        if len(core.leaves) > 1 or core.steps > state.steps or not _passes(node, state.steps - core.steps):
            return False
        rank = state.axes + 2
        if is_batch_normalization(node.kind):
            node.config["axis"] = _moved(node.value("axis", default=-1), rank)
        elif has_argument(node.kind, "shared_axes"):
            self._change(node, "alpha", lambda alpha: alpha.transpose(*range(1, alpha.ndim), 0))
            shared = node.value("shared_axes")
            if shared:
                node.config["shared_axes"] = sorted(_moved(axis, rank) for axis in shared)
        return True

    def _change(self, node: SavedLayer, role: str, change: Callable[[Array], Array]) -> None:
        """Changes an array, in files of Keras 3 as soon as it is known."""
        if self.generation.keras >= 3:
            node.changes[role] = change
        elif role in node.arrays:
            node.arrays[role] = change(node.arrays[role])


_PER_FEATURE = ("gamma", "beta", "moving_mean", "moving_variance", "alpha")
"""The arrays of layers that `_is_restored` passes: with one value per feature."""


def _passes(node: SavedLayer, steps: int) -> bool:
    """Whether a layer computes the same on channels_last, with other axes."""
    if is_elementwise(node.kind):
        return _is_one_number(node)
    if applies_activation(node.kind):
        return activation_name(node.config.get("activation")) != "softmax"
    return not steps and (is_batch_normalization(node.kind) or has_argument(node.kind, "shared_axes"))


def _is_restored(nodes: Sequence[SavedLayer]) -> bool:
    """Whether the next layer that depends on the order of the features has a kernel whose rows can be reordered."""
    for node in unnested(nodes):
        if is_dense(node.kind):
            return not node.value("lora_rank")
        one_axis = is_batch_normalization(node.kind) or (
            has_argument(node.kind, "shared_axes") and not node.value("shared_axes")
        )
        if not (one_axis or applies_activation(node.kind) or (is_elementwise(node.kind) and _is_one_number(node))):
            return False
    return False


def _rows(channels: int) -> Callable[[Array], Array]:
    """Reorders the first axis of an array from channels before positions to channels after positions."""
    return lambda array: array.reshape(channels, -1, *array.shape[1:]).swapaxes(0, 1).reshape(array.shape)


def _input_shape(node: SavedLayer) -> Sequence[object]:
    """The input shape that a layer states, with the batch size."""
    shape = node.value("batch_shape") or node.value("batch_input_shape") or node.built_shape
    return shape if isinstance(shape, (list, tuple)) else ()


def _channels(node: SavedLayer, before: int) -> int:
    """The number of channels of the output of a layer for an input with `before` channels."""
    filters = node.value("filters")
    if isinstance(filters, int):
        return filters
    return before * int(node.value("depth_multiplier", default=1) or 1) if slides_kernel(node.kind) else before


class _Core(NamedTuple):
    """The layers that a TimeDistributed, or a Bidirectional that adds no axis or channel, applies to its input.

    `steps` is the number of TimeDistributed layers around them.
    """

    leaves: list[SavedLayer]
    steps: int


def _core(node: SavedLayer) -> _Core:
    steps = 0
    while repeats_over_time(node.kind) and node.children:
        (node,), steps = node.children, steps + 1
    # Keras surprise: "concat" concatenates along the last axis, also with channels_first.
    merged = is_joined(node.kind) and node.value("merge_mode") in ("sum", "mul", "ave")
    return _Core(node.children if merged else [node], steps)


def _steps(node: SavedLayer) -> int:
    """The number of axes before the spatial ones, without the batch, in the input of a layer with channels_first."""
    leaves, steps = _core(node)
    return steps + int(is_recurrent_convolution(leaves[0].kind))


def _spatial(node: SavedLayer) -> int:
    """The number of spatial axes of a layer with channels_first, 0 for any other layer."""
    leaves = _core(node).leaves
    if any(leaf.kind == INPUT or leaf.children or not leaf.has_channels_first for leaf in leaves):
        return 0
    return rank_of(leaves[0].kind)


def _channels_last(node: SavedLayer) -> None:
    if (key := node.key("data_format")) is not None:
        node.config[key] = "channels_last"


def _softmax(node: SavedLayer) -> SavedLayer | None:
    """The softmax of a convolution as a separate layer, since it is computed over the last axis in any layout."""
    if not slides_kernel(node.kind) or activation_name(node.config.get("activation")) != "softmax":
        return None
    node.config["activation"] = "linear"
    return _last(SavedLayer("Activation", {"activation": "softmax"}))


def _is_one_number(node: SavedLayer) -> bool:
    """Whether a Rescaling has no vector, which it would apply to the last axis; true for any other layer."""
    return not any(isinstance(node.value(name), (list, tuple)) for name in ("scale", "offset"))


def _last(node: SavedLayer) -> SavedLayer:
    node.completes = True
    return node


def _moved(axis: Any, rank: int) -> Any:
    """The index with channels_last of an axis of channels_first."""
    if isinstance(axis, (list, tuple)):
        return [_moved(one, rank) for one in axis]
    axis = axis % rank
    return rank - 1 if axis == 1 else axis - 1 if axis > 1 else axis


def _permute(axes: int, steps: int, back: bool = False, before: SavedLayer | None = None) -> SavedLayer:
    dims = [axes + 1, *range(1, axes + 1)] if back else [*range(2, axes + 2), 1]
    config = {"dims": [*range(1, steps + 1), *(axis + steps for axis in dims)]}
    node = SavedLayer("Permute", config) if before is None else new_layer_before("Permute", config, before)
    node.layout = None if back else ChannelLayout(steps + 1)
    return node
