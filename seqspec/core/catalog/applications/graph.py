"""A base model as a graph of the catalogue's own layers, listed in the order in which Keras lists their weights.

An architecture is written as calls on an `ApplicationGraph`: each call adds one node and infers its shape at once.
Layers that change neither shape nor weights (activations, dropout, rescaling) are nodes too, because Keras orders the
layers of a functional model by their distance from its end, and every node counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from seqspec.core.catalog.keras_object import unchecked
from seqspec.core.catalog.layer import InferenceContext, Layer
from seqspec.core.catalog.layer_inference import check_initializers
from seqspec.core.catalog.layers.batch_normalization import BatchNormalization
from seqspec.core.catalog.layers.convolutional import Conv2D
from seqspec.core.catalog.layers.convolutional_separable import DepthwiseConv2D, SeparableConv2D
from seqspec.core.catalog.layers.dense import Dense
from seqspec.core.catalog.layers.normalization import LayerNormalization
from seqspec.core.catalog.layers.pooling import MaxPooling2D
from seqspec.core.catalog.layers.pooling_average import AveragePooling2D
from seqspec.core.catalog.layers.pooling_global import GlobalAveragePooling2D
from seqspec.core.catalog.layers.pooling_global_max import GlobalMaxPooling2D
from seqspec.core.catalog.layers.reshaping_spatial import ZeroPadding2D
from seqspec.core.diagnostics.message import fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import BATCH, Dim, Shape, Size, TensorSpec, WeightSpec, show

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]
Merge = Callable[[Sequence[Shape]], Shape]


@dataclass(eq=False, slots=True)
class ApplicationNode:
    """One layer or merge of a graph: its operation, its input nodes and its output."""

    step: Layer | Merge | None
    inputs: tuple[ApplicationNode, ...]
    spec: TensorSpec

    @property
    def channels(self) -> int:
        """The size of the last axis, which is known in every layer of a base model."""
        size = self.spec.dims[-1]
        assert isinstance(size, int)
        return size


class ApplicationGraph:
    """A functional model, during and after its construction."""

    def __init__(self, sample: Shape, env: InferenceContext) -> None:
        self.env = env
        self.input = ApplicationNode(None, (), TensorSpec((BATCH, *sample), env.policy.compute))
        self.nodes = [self.input]
        self.output = self.input

    def _node(
        self, step: Layer | Merge | None, inputs: tuple[ApplicationNode, ...], spec: TensorSpec
    ) -> ApplicationNode:
        node = ApplicationNode(step, inputs, spec)
        self.nodes.append(node)
        return node

    # Methods that add layers

    def add(self, layer: Layer, x: ApplicationNode) -> ApplicationNode:
        """Any layer of the catalogue."""
        return self._node(layer, (x,), _output(layer, x.spec, self.env))

    def step(self, x: ApplicationNode) -> ApplicationNode:
        """Adds a layer that has no weights and does not change the shape."""
        return self._node(None, (x,), x.spec)

    def sum(self, *inputs: ApplicationNode) -> ApplicationNode:
        """`Add`, or any other element-wise merge."""
        return self._merge(elementwise, inputs)

    def concat(self, *inputs: ApplicationNode) -> ApplicationNode:
        """`Concatenate` along the channels."""
        return self._merge(joined, inputs)

    def _merge(self, merge: Merge, inputs: tuple[ApplicationNode, ...]) -> ApplicationNode:
        dims = merge([node.spec.dims for node in inputs])
        return self._node(merge, inputs, TensorSpec(dims, self.env.policy.compute))

    def conv(
        self, x: ApplicationNode, filters: int, kernel: int | Pair = 1, strides: int = 1, padding: str = "valid",
        bias: bool = False, groups: int = 1,
    ) -> ApplicationNode:  # fmt: skip
        """`Conv2D`."""
        window = _window(kernel, strides, padding)
        return self.add(unchecked(Conv2D, **window, filters=filters, use_bias=bias, groups=groups), x)

    def depthwise(
        self, x: ApplicationNode, kernel: int, strides: int = 1, padding: str = "same", multiplier: int = 1
    ) -> ApplicationNode:
        """`DepthwiseConv2D` without bias; with the padding `"aligned"`, strides follow `pad_for_strides`."""
        if padding == "aligned":
            padding = "valid" if strides > 1 else "same"
            x = self.pad_for_strides(x, kernel) if strides > 1 else x
        window = _window(kernel, strides, padding)
        return self.add(unchecked(DepthwiseConv2D, **window, depth_multiplier=multiplier, use_bias=False), x)

    def separable(
        self, x: ApplicationNode, filters: int, kernel: int = 3, strides: int = 1, padding: str = "same"
    ) -> ApplicationNode:
        """`SeparableConv2D` without bias."""
        window = _window(kernel, strides, padding)
        return self.add(unchecked(SeparableConv2D, **window, filters=filters, use_bias=False), x)

    def norm(self, x: ApplicationNode, scale: bool = True) -> ApplicationNode:
        """`BatchNormalization`."""
        return self.add(_NORM if scale else _NORM_WITHOUT_SCALE, x)

    def norm_relu(self, x: ApplicationNode) -> ApplicationNode:
        """`BatchNormalization` and an activation."""
        return self.step(self.norm(x))

    def layer_norm(self, x: ApplicationNode) -> ApplicationNode:
        """`LayerNormalization`."""
        return self.add(_LAYER_NORM, x)

    def dense(self, x: ApplicationNode, units: int) -> ApplicationNode:
        """`Dense`."""
        return self.add(unchecked(Dense, units=units), x)

    def pad(self, x: ApplicationNode, padding: Padding) -> ApplicationNode:
        """`ZeroPadding2D`."""
        return self.add(unchecked(ZeroPadding2D, padding=padding), x)

    def pad_for_strides(self, x: ApplicationNode, kernel: int) -> ApplicationNode:
        """`ZeroPadding2D` that aligns a strided window of size `kernel` as in older frameworks."""
        height, width = x.spec.dims[1:3]
        # Keras surprise: if the height is unknown, both sizes are assumed to be even; the width is not considered.
        if not isinstance(height, int):
            height = width = 0
        elif not isinstance(width, int):
            raise Violation("unknown-size", "needs a known width if the height is known", anchor="layer")
        half = kernel // 2
        return self.pad(x, ((half - 1 + height % 2, half), (half - 1 + width % 2, half)))

    def max_pool(self, x: ApplicationNode, size: int, strides: int, padding: str = "valid") -> ApplicationNode:
        """`MaxPooling2D`."""
        return self.add(unchecked(MaxPooling2D, pool_size=_pair(size), strides=_pair(strides), padding=padding), x)

    def average_pool(self, x: ApplicationNode, size: int, strides: int, padding: str = "valid") -> ApplicationNode:
        """`AveragePooling2D`."""
        return self.add(unchecked(AveragePooling2D, pool_size=_pair(size), strides=_pair(strides), padding=padding), x)

    def global_average(self, x: ApplicationNode, keepdims: bool = False) -> ApplicationNode:
        """`GlobalAveragePooling2D`."""
        return self.add(_GLOBAL_AVERAGE_KEPT if keepdims else _GLOBAL_AVERAGE, x)

    def global_max(self, x: ApplicationNode) -> ApplicationNode:
        """`GlobalMaxPooling2D`."""
        return self.add(_GLOBAL_MAX, x)

    # Queries on the finished graph

    def replay(self, sample: Shape) -> ApplicationGraph:
        """The same layers for an input of another shape."""
        again = ApplicationGraph(sample, self.env)
        twin = {id(self.input): again.input}
        for node in self.nodes[1:]:
            inputs = tuple(twin[id(before)] for before in node.inputs)
            if node.step is None:
                output = again.step(inputs[0])
            elif isinstance(node.step, Layer):
                output = again._node(node.step, inputs, _replayed(node.step, inputs[0].spec, again.env))
            else:
                output = again._merge(node.step, inputs)
            twin[id(node)] = output
        again.output = twin[id(self.output)]
        return again

    def in_keras_order(self) -> list[ApplicationNode]:
        """The nodes on which the output depends: farthest first, and at equal distance in the order of a traversal.

        The traversal is depth-first, starts at the output, and visits the inputs of a node in order.
        """
        visits: dict[int, int] = {}
        waiting = [self.output]
        while waiting:
            node = waiting.pop()
            if id(node) not in visits:
                visits[id(node)] = len(visits)
                waiting.extend(reversed(node.inputs))
        distance = dict.fromkeys(visits, 0)
        for node in reversed(self.nodes):
            if id(node) in visits:
                next_distance = distance[id(node)] + 1
                for before in node.inputs:
                    if distance[id(before)] < next_distance:
                        distance[id(before)] = next_distance
        nodes = [node for node in self.nodes if id(node) in visits]
        nodes.sort(key=lambda node: (-distance[id(node)], visits[id(node)]))
        return nodes

    @cached_property
    def weights(self) -> tuple[WeightSpec, ...]:
        """All variables in the order of Keras's `model.weights`."""
        weights: list[WeightSpec] = []
        for node in self.in_keras_order():
            if isinstance(node.step, Layer):
                weights.extend(node.step.own_weights(node.inputs[0].spec, self.env))
        return tuple(weights)

    @cached_property
    def kept(self) -> tuple[TensorSpec, ...]:
        """The outputs of its layers, in the same order."""
        return tuple(node.spec for node in self.in_keras_order() if node.step is not None)

    @cached_property
    def macs(self) -> Size:
        """Multiply-accumulates per sample; an unnamed size if a size is unknown, as the formula would be too long."""
        total = 0
        for node in self.in_keras_order():
            if isinstance(node.step, Layer):
                count = node.step.macs(node.inputs[0].spec, node.spec, self.env)
                if not isinstance(count, int):
                    return Dim()
                total += count
        return total


def _output(layer: Layer, x: TensorSpec, env: InferenceContext) -> TensorSpec:
    try:
        y = layer.compute_output_spec(x, env)
        check_initializers(layer, x, env)
        assert isinstance(y, TensorSpec)
        return y
    except Violation as violation:
        raise violation.with_subject("its", type(layer).__name__) from None


def _replayed(layer: Layer, x: TensorSpec, env: InferenceContext) -> TensorSpec:
    if isinstance(layer, Dense):
        # It has its weights already, so the number of input features is no longer needed.
        return TensorSpec((*x.dims[:-1], layer.units), x.dtype)
    return _output(layer, x, env)


def elementwise(shapes: Sequence[Shape]) -> Shape:
    """The shape of an element-wise merge, with sizes of 1 broadcast."""
    first = list(shapes[0])
    for shape in shapes[1:]:
        for axis, (size, other) in enumerate(zip(first, shape, strict=True)):
            if size == other or not isinstance(size, int):
                continue
            if not isinstance(other, int) or size == 1:
                first[axis] = other
            elif other != 1:
                raise _apart(shapes)
    return tuple(first)


def joined(shapes: Sequence[Shape]) -> Shape:
    """The shape of a concatenation along the last axis."""
    first = shapes[0]
    for shape in shapes[1:]:
        for size, other in zip(first[:-1], shape[:-1], strict=True):
            if isinstance(size, int) and isinstance(other, int) and size != other:
                raise _apart(shapes)
    total: Size = 0
    for shape in shapes:
        total = shape[-1] + total
    return (*first[:-1], total)


def _apart(shapes: Sequence[Shape]) -> Violation:
    listed = " and ".join(dict.fromkeys(show(shape[1:]) for shape in shapes))
    return Violation(
        "shape-mismatch", fmt("has branches with output shapes {}, which cannot be merged", listed), anchor="layer"
    )


def _window(kernel: int | Pair, strides: int, padding: str) -> dict[str, object]:
    return {"kernel_size": _pair(kernel), "strides": _pair(strides), "padding": padding}


def _pair(value: int | Pair) -> Pair:
    return (value, value) if isinstance(value, int) else value


_NORM = unchecked(BatchNormalization)
_NORM_WITHOUT_SCALE = unchecked(BatchNormalization, scale=False)
_LAYER_NORM = unchecked(LayerNormalization)
_GLOBAL_AVERAGE = unchecked(GlobalAveragePooling2D)
_GLOBAL_AVERAGE_KEPT = unchecked(GlobalAveragePooling2D, keepdims=True)
_GLOBAL_MAX = unchecked(GlobalMaxPooling2D)
