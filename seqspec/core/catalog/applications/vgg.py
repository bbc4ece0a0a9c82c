"""VGG16 and VGG19: plain stacks of convolutions (Simonyan and Zisserman 2014)."""

from typing import ClassVar

from seqspec.core.catalog.applications.application import Application, keras_name
from seqspec.core.catalog.applications.graph import ApplicationGraph, ApplicationNode
from seqspec.core.catalog.applications.pixels import CENTERED
from seqspec.core.catalog.keras_object import unchecked
from seqspec.core.catalog.layers.reshaping import Flatten
from seqspec.core.catalog.types import Name

_FILTERS = (64, 128, 256, 512, 512)


class _VGG(Application):
    pixels = CENTERED
    convolutions: ClassVar[tuple[int, ...]] = ()

    def architecture(self, g: ApplicationGraph, x: ApplicationNode) -> ApplicationNode:
        for filters, count in zip(_FILTERS, self.convolutions):
            for _ in range(count):
                x = g.conv(x, filters, 3, padding="same", bias=True)
            x = g.max_pool(x, 2, 2)
        if not self.include_top:
            return self.pooled(g, x)
        x = g.add(unchecked(Flatten), x)
        for units in (4096, 4096, self.classes):
            x = g.dense(x, units)
        return x


class VGG16(_VGG):
    """VGG with 13 convolutions and 3 dense layers."""

    name: Name = keras_name("vgg16")
    convolutions = (2, 2, 3, 3, 3)


class VGG19(_VGG):
    """VGG with 16 convolutions and 3 dense layers."""

    name: Name = keras_name("vgg19")
    convolutions = (2, 2, 4, 4, 4)
