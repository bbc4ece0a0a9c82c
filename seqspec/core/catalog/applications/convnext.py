"""ConvNeXt: a convolutional network built like a transformer (Liu et al. 2022)."""

from collections.abc import Sequence
from typing import ClassVar

from seqspec.core.catalog.applications.application import keras_name, preprocessing_flag
from seqspec.core.catalog.applications.efficientnet import NamedWeights
from seqspec.core.catalog.applications.graph import ApplicationGraph, ApplicationNode
from seqspec.core.catalog.applications.pixels import STANDARD
from seqspec.core.catalog.export_formats import Exports, Limit
from seqspec.core.catalog.keras_object import unchecked
from seqspec.core.catalog.layer import InferenceContext, Layer
from seqspec.core.catalog.layers.convolutional import GROUPED
from seqspec.core.catalog.types import Name
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import TensorSpec, WeightSpec


class _LayerScale(Layer):
    """One factor per channel. Keras does not name its variable, so variables are numbered."""

    index: int

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        return x

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        channels = x.dims[-1]
        assert isinstance(channels, int)
        name = f"variable_{self.index}" if self.index else "variable"
        return [WeightSpec(name, (channels,), self.variable_dtype(env))]


class _ConvNeXt(NamedWeights):
    exports = Exports(Limit(GROUPED.formats, GROUPED.operation))
    pixels = STANDARD
    blocks: ClassVar[tuple[int, ...]] = (3, 3, 27, 3)
    filters: ClassVar[int] = 0

    include_preprocessing: bool = preprocessing_flag()

    def check_arguments(self) -> None:
        super().check_arguments()
        if self.name is None:
            raise Violation(
                "bad-name",
                'name cannot be "none": Keras derives layer names from it',
                path=("name",),
                help="remove name",
            )

    def architecture(self, g: ApplicationGraph, x: ApplicationNode) -> ApplicationNode:
        done = 0
        for stage, count in enumerate(self.blocks):
            filters = self.filters * 2**stage
            if stage:
                x = g.conv(g.layer_norm(x), filters, 2, 2, bias=True)
            else:
                x = g.layer_norm(g.conv(x, filters, 4, 4, bias=True))
            for _ in range(count):
                x = self._block(g, x, filters, done)
                done += 1
        if self.include_top:
            return g.dense(g.layer_norm(g.global_average(x)), self.classes)
        return g.layer_norm(self.pooled(g, x))

    def _block(self, g: ApplicationGraph, x: ApplicationNode, filters: int, index: int) -> ApplicationNode:
        inner = g.layer_norm(g.conv(x, filters, 7, padding="same", bias=True, groups=filters))
        inner = g.dense(g.step(g.dense(inner, 4 * filters)), filters)
        return g.sum(x, g.step(g.add(unchecked(_LayerScale, index=index), inner)))


class ConvNeXtTiny(_ConvNeXt):
    """ConvNeXt, the smallest."""

    name: Name = keras_name("convnext_tiny")
    blocks, filters = (3, 3, 9, 3), 96


class ConvNeXtSmall(_ConvNeXt):
    """ConvNeXt, as wide as the smallest and deeper."""

    name: Name = keras_name("convnext_small")
    filters = 96


class ConvNeXtBase(_ConvNeXt):
    """ConvNeXt of medium width."""

    name: Name = keras_name("convnext_base")
    filters = 128


class ConvNeXtLarge(_ConvNeXt):
    """ConvNeXt, wide."""

    name: Name = keras_name("convnext_large")
    filters = 192


class ConvNeXtXLarge(_ConvNeXt):
    """ConvNeXt, the widest."""

    name: Name = keras_name("convnext_xlarge")
    filters = 256
