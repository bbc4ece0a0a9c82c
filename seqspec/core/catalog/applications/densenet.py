"""DenseNet: every layer receives the outputs of all previous layers of its block (Huang et al. 2016)."""

from typing import ClassVar

from seqspec.core.catalog.applications.application import Application, keras_name
from seqspec.core.catalog.applications.graph import ApplicationGraph, ApplicationNode
from seqspec.core.catalog.applications.pixels import STANDARD
from seqspec.core.catalog.types import Name

_GROWTH = 32


class _DenseNet(Application):
    pixels = STANDARD
    blocks: ClassVar[tuple[int, ...]] = ()

    def architecture(self, g: ApplicationGraph, x: ApplicationNode) -> ApplicationNode:
        x = g.norm_relu(g.conv(g.pad(x, ((3, 3), (3, 3))), 64, 7, 2))
        x = g.max_pool(g.pad(x, ((1, 1), (1, 1))), 3, 2)
        for stage, count in enumerate(self.blocks):
            if stage:
                x = g.norm_relu(x)
                x = g.average_pool(g.conv(x, x.channels // 2), 2, 2)
            for _ in range(count):
                grown = g.norm_relu(g.conv(g.norm_relu(x), 4 * _GROWTH))
                x = g.concat(x, g.conv(grown, _GROWTH, 3, padding="same"))
        return self.classifier(g, g.norm_relu(x))


class DenseNet121(_DenseNet):
    """Densely connected network with 121 layers."""

    name: Name = keras_name("densenet121")
    blocks = (6, 12, 24, 16)


class DenseNet169(_DenseNet):
    """Densely connected network with 169 layers."""

    name: Name = keras_name("densenet169")
    blocks = (6, 12, 32, 32)


class DenseNet201(_DenseNet):
    """Densely connected network with 201 layers."""

    name: Name = keras_name("densenet201")
    blocks = (6, 12, 48, 32)
