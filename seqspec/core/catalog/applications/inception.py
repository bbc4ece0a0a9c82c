"""InceptionV3, InceptionResNetV2 and Xception (Szegedy et al. 2015 and 2016, Chollet 2016)."""

from collections.abc import Sequence

from seqspec.core.catalog.applications.application import Application, keras_name
from seqspec.core.catalog.applications.graph import ApplicationGraph, ApplicationNode, Pair
from seqspec.core.catalog.types import Name

Step = tuple[int, int | Pair] | tuple[int, int | Pair, int, str]


def _conv(
    g: ApplicationGraph, x: ApplicationNode, filters: int, kernel: int | Pair, strides: int = 1, padding: str = "same"
) -> ApplicationNode:
    return g.step(g.norm(g.conv(x, filters, kernel, strides, padding), scale=False))


def _branch(g: ApplicationGraph, x: ApplicationNode, steps: Sequence[Step]) -> ApplicationNode:
    for step in steps:
        x = _conv(g, x, *step)
    return x


def _stem(g: ApplicationGraph, x: ApplicationNode) -> ApplicationNode:
    x = _branch(g, x, ((32, 3, 2, "valid"), (32, 3, 1, "valid"), (64, 3)))
    x = _branch(g, g.max_pool(x, 3, 2), ((80, 1, 1, "valid"), (192, 3, 1, "valid")))
    return g.max_pool(x, 3, 2)


def _mixed(g: ApplicationGraph, x: ApplicationNode, branches: Sequence[Sequence[Step]], pooled: int) -> ApplicationNode:
    sides = [_branch(g, x, steps) for steps in branches]
    return g.concat(*sides, _conv(g, g.average_pool(x, 3, 1, "same"), pooled, 1))


def _reduced(g: ApplicationGraph, x: ApplicationNode, branches: Sequence[Sequence[Step]]) -> ApplicationNode:
    return g.concat(*[_branch(g, x, steps) for steps in branches], g.max_pool(x, 3, 2))


_HALF = (3, 2, "valid")
_SEVEN = (1, 7), (7, 1)
_35: tuple[tuple[Step, ...], ...] = (((64, 1),), ((48, 1), (64, 5)), ((64, 1), (96, 3), (96, 3)))


def _17(inner: int) -> tuple[tuple[Step, ...], ...]:
    wide, high = _SEVEN
    return (
        ((192, 1),),
        ((inner, 1), (inner, wide), (192, high)),
        ((inner, 1), (inner, high), (inner, wide), (inner, high), (192, wide)),
    )


class InceptionV3(Application):
    """Inception network, version 3."""

    name: Name = keras_name("inception_v3")
    default_size = 299
    minimum_size = 75

    def architecture(self, g: ApplicationGraph, x: ApplicationNode) -> ApplicationNode:
        x = _stem(g, x)
        for pooled in (32, 64, 64):
            x = _mixed(g, x, _35, pooled)
        x = _reduced(g, x, (((384, *_HALF),), ((64, 1), (96, 3), (96, *_HALF))))
        for inner in (128, 160, 160, 192):
            x = _mixed(g, x, _17(inner), 192)
        wide, high = _SEVEN
        x = _reduced(g, x, (((192, 1), (320, *_HALF)), ((192, 1), (192, wide), (192, high), (192, *_HALF))))
        for _ in range(2):
            x = self._forked(g, x)
        return self.classifier(g, x)

    def _forked(self, g: ApplicationGraph, x: ApplicationNode) -> ApplicationNode:
        sides = [_conv(g, x, 320, 1)]
        for steps in (((384, 1),), ((448, 1), (384, 3))):
            side = _branch(g, x, steps)
            sides.append(g.concat(_conv(g, side, 384, (1, 3)), _conv(g, side, 384, (3, 1))))
        return g.concat(*sides, _conv(g, g.average_pool(x, 3, 1, "same"), 192, 1))


_RESIDUAL: dict[int, tuple[tuple[Step, ...], ...]] = {
    35: (((32, 1),), ((32, 1), (32, 3)), ((32, 1), (48, 3), (64, 3))),
    17: (((192, 1),), ((128, 1), (160, (1, 7)), (192, (7, 1)))),
    8: (((192, 1),), ((192, 1), (224, (1, 3)), (256, (3, 1)))),
}


class InceptionResNetV2(Application):
    """Inception network with residual connections, version 2."""

    name: Name = keras_name("inception_resnet_v2")
    default_size = 299
    minimum_size = 75

    def architecture(self, g: ApplicationGraph, x: ApplicationNode) -> ApplicationNode:
        x = _stem(g, x)
        x = _mixed(g, x, (((96, 1),), *_35[1:]), 64)
        x = self._residual(g, x, 35, 10)
        x = _reduced(g, x, (((384, *_HALF),), ((256, 1), (256, 3), (384, *_HALF))))
        x = self._residual(g, x, 17, 20)
        x = _reduced(g, x, (((256, 1), (384, *_HALF)), ((256, 1), (288, *_HALF)), ((256, 1), (288, 3), (320, *_HALF))))
        x = self._residual(g, x, 8, 10)
        return self.classifier(g, _conv(g, x, 1536, 1))

    def _residual(self, g: ApplicationGraph, x: ApplicationNode, kind: int, count: int) -> ApplicationNode:
        for _ in range(count):
            mixed = g.concat(*[_branch(g, x, steps) for steps in _RESIDUAL[kind]])
            x = g.step(g.sum(x, g.conv(mixed, x.channels, 1, padding="same", bias=True)))
        return x


class Xception(Application):
    """Inception network of depthwise separable convolutions."""

    name: Name = keras_name("xception")
    default_size = 299
    minimum_size = 71

    def architecture(self, g: ApplicationGraph, x: ApplicationNode) -> ApplicationNode:
        x = g.norm_relu(g.conv(x, 32, 3, 2))
        x = g.norm_relu(g.conv(x, 64, 3))
        x = self._narrowed(g, x, (128, 128), active=True)
        x = self._narrowed(g, x, (256, 256))
        x = self._narrowed(g, x, (728, 728))
        for _ in range(8):
            x = g.sum(self._separable(g, x, (728, 728, 728)), x)
        x = self._narrowed(g, x, (728, 1024))
        for filters in (1536, 2048):
            x = g.norm_relu(g.separable(x, filters))
        return self.classifier(g, x)

    def _separable(
        self, g: ApplicationGraph, x: ApplicationNode, filters: Sequence[int], active: bool = False
    ) -> ApplicationNode:
        for index, count in enumerate(filters):
            x = x if active and not index else g.step(x)
            x = g.norm(g.separable(x, count))
        return x

    def _narrowed(
        self, g: ApplicationGraph, x: ApplicationNode, filters: Sequence[int], active: bool = False
    ) -> ApplicationNode:
        residual = g.norm(g.conv(x, filters[-1], 1, 2, "same"))
        x = self._separable(g, x, filters, active)
        return g.sum(g.max_pool(x, 3, 2, "same"), residual)
