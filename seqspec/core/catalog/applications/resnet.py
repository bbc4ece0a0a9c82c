"""ResNet with 50, 101 and 152 layers, in both versions (He et al. 2015 and 2016)."""

from typing import ClassVar

from seqspec.core.catalog.applications.application import Application, keras_name
from seqspec.core.catalog.applications.graph import ApplicationGraph, ApplicationNode
from seqspec.core.catalog.applications.pixels import CENTERED
from seqspec.core.catalog.types import Name

_AROUND_1 = ((1, 1), (1, 1))
_AROUND_3 = ((3, 3), (3, 3))
_FILTERS = (64, 128, 256, 512)


class _ResNet(Application):
    pixels = CENTERED
    blocks: ClassVar[tuple[int, ...]] = ()

    def architecture(self, g: ApplicationGraph, x: ApplicationNode) -> ApplicationNode:
        x = g.conv(g.pad(x, _AROUND_3), 64, 7, 2, bias=True)
        x = g.max_pool(g.pad(g.norm_relu(x), _AROUND_1), 3, 2)
        for stage, (filters, count) in enumerate(zip(_FILTERS, self.blocks)):
            for index in range(count):
                strides = 2 if stage and not index else 1
                x = _bottleneck(g, x, filters, strides, project=not index)
        return self.classifier(g, x)


def _bottleneck(g: ApplicationGraph, x: ApplicationNode, filters: int, strides: int, project: bool) -> ApplicationNode:
    shortcut = g.norm(g.conv(x, 4 * filters, 1, strides, bias=True)) if project else x
    x = g.norm_relu(g.conv(x, filters, 1, strides, bias=True))
    x = g.norm_relu(g.conv(x, filters, 3, padding="same", bias=True))
    x = g.norm(g.conv(x, 4 * filters, bias=True))
    return g.step(g.sum(shortcut, x))


class _ResNetV2(Application):
    blocks: ClassVar[tuple[int, ...]] = ()

    def architecture(self, g: ApplicationGraph, x: ApplicationNode) -> ApplicationNode:
        x = g.conv(g.pad(x, _AROUND_3), 64, 7, 2, bias=True)
        x = g.max_pool(g.pad(x, _AROUND_1), 3, 2)
        last = len(self.blocks) - 1
        for stage, (filters, count) in enumerate(zip(_FILTERS, self.blocks)):
            for index in range(count):
                strides = 2 if index == count - 1 and stage != last else 1
                x = _preactivated(g, x, filters, strides, project=not index)
        return self.classifier(g, g.norm_relu(x))


def _preactivated(
    g: ApplicationGraph, x: ApplicationNode, filters: int, strides: int, project: bool
) -> ApplicationNode:
    active = g.norm_relu(x)
    if project:
        shortcut = g.conv(active, 4 * filters, 1, strides, bias=True)
    else:
        shortcut = g.max_pool(x, 1, strides) if strides > 1 else x
    x = g.norm_relu(g.conv(active, filters))
    x = g.norm_relu(g.conv(g.pad(x, _AROUND_1), filters, 3, strides))
    x = g.conv(x, 4 * filters, bias=True)
    return g.sum(shortcut, x)


class ResNet50(_ResNet):
    """Residual network with 50 layers."""

    name: Name = keras_name("resnet50")
    blocks = (3, 4, 6, 3)


class ResNet101(_ResNet):
    """Residual network with 101 layers."""

    name: Name = keras_name("resnet101")
    blocks = (3, 4, 23, 3)


class ResNet152(_ResNet):
    """Residual network with 152 layers."""

    name: Name = keras_name("resnet152")
    blocks = (3, 8, 36, 3)


class ResNet50V2(_ResNetV2):
    """Residual network with 50 layers, normalized before each convolution."""

    name: Name = keras_name("resnet50v2")
    blocks = (3, 4, 6, 3)


class ResNet101V2(_ResNetV2):
    """Residual network with 101 layers, normalized before each convolution."""

    name: Name = keras_name("resnet101v2")
    blocks = (3, 4, 23, 3)


class ResNet152V2(_ResNetV2):
    """Residual network with 152 layers, normalized before each convolution."""

    name: Name = keras_name("resnet152v2")
    blocks = (3, 8, 36, 3)
