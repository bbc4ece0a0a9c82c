"""The base class of convolutions and pooling layers: `rank` spatial axes and a channel axis, and their violations."""

from collections.abc import Sequence
from math import isqrt
from typing import ClassVar

from pydantic import Field

from seqspec.core.catalog.keras_object import place_of
from seqspec.core.catalog.layer import InferenceContext, Layer, wrong_rank
from seqspec.core.catalog.types import DataFormat, PerAxis
from seqspec.core.diagnostics.message import Message, Setting, Value, fmt, join
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.arrays import arranged, channels, per_axis, spatial
from seqspec.core.shapes.tensor import Shape, Size, TensorSpec, all_known, show

Sizes = int | Sequence[int]
"""One integer for all spatial axes, or one per axis."""

DATA_FORMAT_DOC = "Position of the channels axis; channels_last by default."
AXES = {1: ("steps",), 2: ("height", "width"), 3: ("depth", "height", "width")}
"""The names of the spatial axes, by their number."""


class SpatialLayer(Layer):
    """A layer for tensors with `rank` spatial axes and one channel axis."""

    window_argument: ClassVar[str] = "kernel_size"
    """The name of the argument for the window size."""
    batches_more_axes_in_keras_2: ClassVar[bool] = False
    """Whether the layer of Keras 2 takes further axes before the spatial ones for axes of the batch."""

    data_format: DataFormat = Field(default=None, description=DATA_FORMAT_DOC)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if cls.rank < 2:
            return
        # Keras declares such a default as one number for a single axis and as a tuple for several.
        for name, field in list(cls.model_fields.items()):
            if type(field.default) is int and any(isinstance(mark, PerAxis) for mark in field.metadata):
                cls._set_default(name, (field.default,) * cls.rank)

    @property
    def channels_first(self) -> bool:
        """Whether the channel axis precedes the spatial axes."""
        return self.data_format == "channels_first"

    def each(self, value: Sizes) -> tuple[int, ...]:
        """The value for each spatial axis."""
        return per_axis(value, self.rank)

    def spatial(self, x: TensorSpec) -> Shape:
        """The spatial sizes of the input."""
        return spatial(x.dims, self.channels_first)

    def channels(self, x: TensorSpec) -> Size:
        """The number of channels of the input."""
        return channels(x.dims, self.channels_first)

    def arranged(self, x: TensorSpec, sizes: Sequence[Size], channels: Size, env: InferenceContext) -> TensorSpec:
        """The output with these spatial sizes and channels, in the compute dtype."""
        return TensorSpec(arranged(x.dims[0], sizes, channels, self.channels_first), self.compute_dtype(env))

    def require_axes(self, x: TensorSpec) -> None:
        """Raises a `Violation` unless `x` has a batch axis, a channel axis and `rank` spatial axes."""
        if len(x.dims) == self.rank + 2:
            return
        names = AXES[self.rank]
        wanted = ("channels", *names) if self.channels_first else (*names, "channels")
        expected = f"expected input of shape ({', '.join(wanted)})"
        violation = wrong_rank(x, expected, self.rank + 2, self._axes_help(x.sample))
        is_accepted = self.batches_more_axes_in_keras_2 and len(x.dims) > self.rank + 2
        raise violation.replace(only_keras=3) if is_accepted else violation

    def _axes_help(self, sample: Shape) -> str | None:
        missing = self.rank + 1 - len(sample)
        if missing == 1 and sample:
            return self._without_channels(sample)
        if missing == -1:
            return self._with_batch(sample)
        if len(sample) == 1:
            image = _square_image(sample[0]) if self.rank == 2 and not self.channels_first else None
            if image:
                return fmt("to restore the image shape, insert {} before this layer", _reshape(image))
            example = {1: "[100, 16]", 2: "[28, 28, 1]", 3: "[16, 64, 64, 3]"}[self.rank]
            return f"use it before Dense layers, on an input such as {example}, or insert a Reshape before it"
        return None

    def _without_channels(self, sample: Shape) -> Message:
        full = (1, *sample) if self.channels_first else (*sample, 1)
        described = {1: "a univariate series", 2: "a grayscale image", 3: "a single-channel volume"}[self.rank]
        fix = fmt("{} has one channel: change the input to {}", described, show(full))
        if all_known(full):
            fix += fmt(" or insert {} before this layer", _reshape(full))
        return fix + self._sibling(self.rank - 1)

    def _with_batch(self, sample: Shape) -> str:
        first, rest = sample[0], show(sample[1:])
        fix = fmt("shapes exclude the batch size: if {} is the batch size, change the input to {}", first, rest)
        if self.rank == 1:
            return fix + self._sibling(2)
        return (
            fmt("{}; for {} images per sample, wrap this layer in TimeDistributed", fix, first)
            if self.rank == 2
            else fix
        )

    def _sibling(self, rank: int) -> str:
        """The input that the variant of the layer for `rank` spatial axes expects; empty if there is no variant."""
        name = type(self).__name__.replace(f"{self.rank}D", f"{rank}D")
        return f"; {name} expects ({', '.join(AXES[rank])}, channels)" if rank in AXES else ""

    def require_window_fits(self, x: TensorSpec, sizes: Sequence[Size], effective: Sequence[int], least: int) -> None:
        """Raises a `Violation` if a known output size in `sizes` is below `least`; `effective` are the window sizes."""
        if all(size >= least for size in sizes if isinstance(size, int)):
            return
        argument = self.window_argument
        window = self.each(getattr(self, argument))
        spans = (
            "is"
            if tuple(effective) == window
            else fmt("with this dilation_rate spans {}, which is", by_axis(effective))
        )
        needed = by_axis(effective) + (" steps" if self.rank == 1 else "")
        raise Violation(
            "window-too-large",
            fmt("{} {} {} larger than the {} input", argument, by_axis(window), spans, by_axis(self.spatial(x))),
            **place_of(self, argument),
            label=fmt("needs at least {}", needed),
            help=self._window_help(x, effective),
        )

    def _window_help(self, x: TensorSpec, effective: Sequence[int]) -> str:
        sample = x.sample
        if not self.channels_first and self.rank > 1 and sample[0] in (1, 3, 4):
            moved = (*sample[1:], sample[0])
            if all(not isinstance(size, int) or size >= need for size, need in zip(moved, effective)):
                looks = fmt("{} looks like (channels, {})", show(sample), ", ".join(AXES[self.rank]))
                first = Setting("data_format", "channels_first")
                return fmt("{}: change the input to {}, or set {}", looks, show(moved), first)
        return fmt(
            "use a smaller {} or {}, or downsample less in earlier layers",
            self.window_argument,
            Setting("padding", "same"),
        )


def by_axis(sizes: Sequence[Size]) -> Message:
    """The sizes as text, such as 28×28."""
    return join("×", sizes)


def _square_image(size: Size) -> tuple[int, int, int] | None:
    """The shape of the square grayscale or color image with this many values; None if there is none."""
    if isinstance(size, int) and size > 0:
        for depth in (1, 3):
            side = isqrt(size // depth)
            if side > 3 and side * side * depth == size:
                return (side, side, depth)
    return None


def _reshape(shape: Shape) -> Value:
    return Value({"type": "Reshape", "target_shape": [*shape]})
