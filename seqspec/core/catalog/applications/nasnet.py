"""NASNet: two kinds of cells found by search, each fed by the two before it (Zoph et al. 2017)."""

from typing import ClassVar

from seqspec.core.catalog.applications.application import IMAGENET, Application, keras_name
from seqspec.core.catalog.applications.graph import ApplicationGraph, ApplicationNode
from seqspec.core.catalog.keras_object import unchecked
from seqspec.core.catalog.layers.reshaping_spatial import Cropping2D
from seqspec.core.catalog.types import Name
from seqspec.core.diagnostics.message import fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import Shape, Size, show


class _NASNet(Application):
    filters: ClassVar[int] = 0
    stem_filters: ClassVar[int] = 0
    cells: ClassVar[int] = 0
    skips: ClassVar[bool] = False

    def accept(self, sample: Shape) -> None:
        # With an unknown width, Keras builds different cells, which do not match the trained weights.
        if self.pretrained == IMAGENET and not all(isinstance(size, int) for size in sample):
            raise Violation(
                "unknown-size",
                fmt('needs a known image size with weights = "imagenet", got {}', show(sample)),
                anchor="layer",
                help="set the height and width of the images in the input",
            )
        super().accept(sample)

    def architecture(self, g: ApplicationGraph, x: ApplicationNode) -> ApplicationNode:
        x = g.norm(g.conv(x, self.stem_filters, 3, 2))
        before: ApplicationNode | None = None
        for divisor in (4, 2):
            x, before = _reduction_cell(g, x, before, self.filters // divisor), x
        for factor in (1, 2, 4):
            if factor > 1:
                reduced = _reduction_cell(g, x, before, self.filters * factor)
                x, before = reduced, before if self.skips else x
            for _ in range(self.cells):
                x, before = _normal_cell(g, x, before, self.filters * factor), x
        return self.classifier(g, g.step(x))


def _separable(
    g: ApplicationGraph, x: ApplicationNode, filters: int, kernel: int = 3, strides: int = 1
) -> ApplicationNode:
    x = g.step(x)
    if strides == 2:
        x = g.separable(g.pad_for_strides(x, kernel), filters, kernel, 2, "valid")
    else:
        x = g.separable(x, filters, kernel)
    return g.norm(g.separable(g.step(g.norm(x)), filters, kernel))


def _adjusted(g: ApplicationGraph, before: ApplicationNode | None, x: ApplicationNode, filters: int) -> ApplicationNode:
    """The output of the second-to-last cell, adjusted to the size and filters of this cell."""
    if before is None:
        return x
    if _known(before.spec.dims[2]) != _known(x.spec.dims[2]):
        active = g.step(before)
        even = g.conv(g.average_pool(active, 1, 2), filters // 2, padding="same")
        moved = g.add(unchecked(Cropping2D, cropping=((1, 0), (1, 0))), g.pad(active, ((0, 1), (0, 1))))
        odd = g.conv(g.average_pool(moved, 1, 2), filters // 2, padding="same")
        return g.norm(g.concat(even, odd))
    if before.channels != filters:
        return g.norm(g.conv(g.step(before), filters, padding="same"))
    return before


def _known(size: Size) -> int | None:
    return size if isinstance(size, int) else None


def _squeezed(g: ApplicationGraph, x: ApplicationNode, filters: int) -> ApplicationNode:
    return g.norm(g.conv(g.step(x), filters, padding="same"))


def _normal_cell(
    g: ApplicationGraph, x: ApplicationNode, before: ApplicationNode | None, filters: int
) -> ApplicationNode:
    p = _adjusted(g, before, x, filters)
    h = _squeezed(g, x, filters)
    return g.concat(
        p,
        g.sum(_separable(g, h, filters, 5), _separable(g, p, filters)),
        g.sum(_separable(g, p, filters, 5), _separable(g, p, filters)),
        g.sum(g.average_pool(h, 3, 1, "same"), p),
        g.sum(g.average_pool(p, 3, 1, "same"), g.average_pool(p, 3, 1, "same")),
        g.sum(_separable(g, h, filters), h),
    )


def _reduction_cell(
    g: ApplicationGraph, x: ApplicationNode, before: ApplicationNode | None, filters: int
) -> ApplicationNode:
    p = _adjusted(g, before, x, filters)
    h = _squeezed(g, x, filters)
    padded = g.pad_for_strides(h, 3)
    first = g.sum(_separable(g, h, filters, 5, 2), _separable(g, p, filters, 7, 2))
    second = g.sum(g.max_pool(padded, 3, 2), _separable(g, p, filters, 7, 2))
    third = g.sum(g.average_pool(padded, 3, 2), _separable(g, p, filters, 5, 2))
    fourth = g.sum(second, g.average_pool(first, 3, 1, "same"))
    fifth = g.sum(_separable(g, first, filters), g.max_pool(padded, 3, 2))
    return g.concat(second, third, fourth, fifth)


class NASNetMobile(_NASNet):
    """Network of searched cells, small."""

    name: Name = keras_name("nasnet_mobile")
    filters, stem_filters, cells = 44, 32, 4

    def usual_input(self) -> Shape:
        return (224, 224, 3)


class NASNetLarge(_NASNet):
    """Network of searched cells, large."""

    name: Name = keras_name("nasnet_large")
    default_size = 331
    filters, stem_filters, cells, skips = 168, 96, 6, True
