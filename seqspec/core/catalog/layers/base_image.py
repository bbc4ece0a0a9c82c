"""The base classes of image layers, and the types of their arguments.

Keras infers their output shape from the arguments only, without tracing. So most of them accept a tensor of any rank
and dtype, and errors occur only when they are called on data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Len
from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from seqspec.core.catalog.export_formats import Exports
from seqspec.core.catalog.keras_object import bad_argument
from seqspec.core.catalog.layer import InferenceContext, Layer, Outputs, Phase, unknown_size, wrong_rank
from seqspec.core.catalog.layer_inference import result_dtype
from seqspec.core.catalog.markers import NEUTRAL, Expects
from seqspec.core.catalog.traits import Casting, SeveralInputs
from seqspec.core.catalog.types import ANY_CASE, Maybe, NeutralNumber, Number, Seed64, UnitInterval, read_by
from seqspec.core.catalog.validation import validate, wrong_type
from seqspec.core.diagnostics.message import Setting, fmt, quote_value
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import TensorSpec, all_known, show

FLOATS = ("float32", "float16", "bfloat16", "float64")
WHOLE = ("uint8", "int16", "uint16", "int32", "int64")
WIDE = ("uint32", "uint64")
NO_HALF = ("float32", "float64", "bfloat16")
COMPLEX = ("complex64", "complex128")


class ImageLayer(Layer):
    """An image layer without weights.

    It returns its own dtype for any input, and drops masks. Random changes happen only in training, and resizing is
    neither a matrix product nor a convolution, so no multiply-accumulates are counted.
    """

    traits = frozenset({"image"})

    # Requirements when Keras traces the computation, as inside a Pipeline: whether height and width must be
    # known; whether it converts images to grayscale, or changes hues; the supported dtypes, empty for
    # any; the pixel range that needs no conversion, if the layer converts.
    traced_size: ClassVar[bool] = False
    traced_gray: ClassVar[bool] = False
    traced_colors: ClassVar[bool] = False
    traced_dtypes: ClassVar[tuple[str, ...]] = FLOATS
    traced_range: ClassVar[tuple[int, int] | None] = None

    # Keras only checks the shape of the input, which may be several tensors.
    several_inputs = SeveralInputs("each", "packed")
    casting = Casting(others=True)

    trailing = ("data_format", "bounding_box_format", *Layer.trailing)

    data_format: Maybe[Annotated[Literal["channels_last", "channels_first"], ANY_CASE]] = Field(
        default=None, description="Position of the channels axis; channels_last by default."
    )
    bounding_box_format: Maybe[Annotated[str, Expects('a format such as "xyxy"')]] = Field(
        default=None, description="Format of bounding boxes that accompany images."
    )

    @property
    def channels_first(self) -> bool:
        """Whether the data format is channels-first."""
        return self.data_format == "channels_first"

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        return self.traced_image(x, env) if env.phase is Phase.TRACE else TensorSpec(x.dims, self.compute_dtype(env))

    def traced_image(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        """The output of tracing what all image layers do; raises a `Violation` if it fails."""
        y = TensorSpec(x.dims, self.compute_dtype(env))
        self.check_versions(env)
        self.require_image(x)
        if self.traced_size:
            self.require_size(x)
        self.require_range(self.traced_range)
        if self.traced_dtypes:
            self.require_dtype(*self.traced_dtypes, env=env)
        if self.traced_gray:
            self.require_gray(x, env)
        if self.traced_colors:
            self.require_channels(x, 3, None)
            axis = len(x.dims) + self.channel_axis
            y = y._replace(dims=(*x.dims[:axis], 3, *x.dims[axis + 1 :]))
        return y._replace(dtype=result_dtype(self, x, y, env))

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        if env.phase is Phase.DATA:
            # Repeated here, since the trace may end early because of a size that is only unknown without a batch.
            self.require_image(x)
            self.require_range(self.traced_range)

    def require_image(self, x: TensorSpec) -> None:
        """Raises a `Violation` for anything except an image or a batch of images."""
        if x.rank not in (3, 4):
            raise wrong_rank(x, "expected an image of shape (height, width, channels)", 4)

    def require_dtype(self, *allowed: str, env: InferenceContext) -> None:
        """Raises a `Violation` unless the layer computes in one of the dtypes."""
        dtype = self.compute_dtype(env)
        if dtype not in allowed:
            raise Violation(
                "wrong-dtype",
                f"cannot compute in {dtype}",
                condition="inside a Pipeline",
                path=("dtype",) if self.dtype else (),
                anchor="value" if self.dtype else "layer",
                help=fmt("write {}", Setting("dtype", "float32")),
            )

    def require_size(self, x: TensorSpec) -> None:
        """Raises a `Violation` if height or width is unknown."""
        for name, axis in (("height", self.height_axis), ("width", self.height_axis + 1)):
            if not isinstance(x.dims[axis], int):
                raise unknown_size(fmt("needs a known {} inside a Pipeline", name), x.dims[axis], x)

    def require_range(self, usual: tuple[int, int] | None) -> None:
        """Raises for a range that is not a pair. Keras surprise: further values only matter if it converts from
        another range than the `usual` one.
        """
        value_range = tuple(getattr(self, "value_range", (0, 255)))
        if len(value_range) < 2 or (usual and len(value_range) > 2 and value_range[:2] != usual):
            raise bad_argument("value_range", fmt("must have two numbers, got {}", len(value_range)))

    def require_two_ends(self) -> None:
        """Raises a `Violation` for a range of pixels with equal ends."""
        low, high = getattr(self, "value_range", (0, 255))
        if low == high:
            raise bad_argument("value_range", f"must have two different numbers, got {low} twice")

    def require_known_channels(self, x: TensorSpec) -> None:
        """Raises a `Violation` if the number of channels is unknown."""
        if not isinstance(x.dims[self.channel_axis], int):
            raise unknown_size("needs a known number of channels inside a Pipeline", x.dims[self.channel_axis], x)

    def require_gray(self, x: TensorSpec, env: InferenceContext) -> None:
        """Raises a `Violation` for images that cannot be converted to grayscale."""
        if env.keras >= (3, 15):
            self.require_channels(x, 1, 3)
        elif all_known(x.dims):
            # Before 3.15, TensorFlow multiplies the channels by a matrix, and checks them only if all sizes are known.
            self.require_channels(x, 3)

    def require_channels(self, x: TensorSpec, *allowed: int | None) -> None:
        """Raises a `Violation` unless the number of channels is one of these; None allows an unknown number."""
        channels = x.dims[self.channel_axis]
        counts = " or ".join(str(count) for count in allowed if count)
        if not isinstance(channels, int):
            if None in allowed:
                return
            raise Violation(
                "unknown-size",
                fmt("expected images with {} channels, got {} with an unknown number", counts, show(x.sample)),
                label=fmt("{} is unknown", channels),
                anchor="layer",
            )
        if channels not in allowed:
            raise Violation(
                "channel-mismatch",
                fmt("expected images with {} channels, got {} with {}", counts, show(x.sample), channels),
                label=f"expects {counts} channels",
                anchor="layer",
            )

    @property
    def height_axis(self) -> int:
        """The axis of the height, from the end."""
        return -2 if self.channels_first else -3

    @property
    def channel_axis(self) -> int:
        """The axis of the channels, from the end."""
        return -3 if self.channels_first else -1


class AugmentationLayer(ImageLayer):
    """An image layer that changes images only in training."""

    traits = frozenset({"augmentation", "image"})
    exports = Exports(left_out=True)
    trailing: ClassVar[tuple[str, ...]] = ("seed", *ImageLayer.trailing)

    seed: Maybe[Annotated[Seed64, Expects("a 64-bit integer"), NEUTRAL]] = Field(
        default=None, description="Random seed."
    )

    def inference_output(self, x: TensorSpec, y: Outputs) -> Outputs:
        return y if isinstance(y, list) else y._replace(dims=x.dims)


@dataclass(eq=False)
class Factor:
    """Marks the strength of an augmentation: one number, or the bounds between which it is drawn.

    Args:
        low: The minimum.
        high: The maximum.
        both: Whether both numbers of a pair must lie within. Keras surprise: of most pairs it only asks that the first
            is not above `high` and the second not below `low`, so that `[-5, 0.5]` passes for `[-1, 1]`.
        empty: Whether an empty list is accepted. Keras surprise: it means 0.
    """

    low: float
    high: float
    both: bool = False
    empty: bool = False

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        number = core_schema.float_schema()
        shape = core_schema.union_schema([number, core_schema.list_schema(number)])
        return core_schema.no_info_plain_validator_function(self.read, json_schema_input_schema=shape)

    @property
    def text(self) -> str:
        """The description of accepted values."""
        return f"a number from {self.low:g} to {self.high:g}, or a list of two"

    def read(self, value: object) -> float | list[float]:
        """The factor; raises `Violation`."""
        if not isinstance(value, (list, tuple)):
            number = validate(Number, value) if isinstance(value, str) else value
            if type(number) is not float and type(number) is not int:
                raise wrong_type(self.text, value)
            if self.low <= number <= self.high:
                return number
            raise Violation("bad-value", fmt("must be {}, got {}", self.text, quote_value(value)))
        pair: list[float] = validate(list[Number], list(value))
        if len(pair) != 2:
            if not pair and self.empty:
                return pair
            raise Violation(
                "bad-value", fmt("must be {}, got {} with {} elements", self.text, quote_value(value), len(pair))
            )
        if self.both:
            wrong = next((index for index, item in enumerate(pair) if not self.low <= item <= self.high), None)
        else:
            wrong = 0 if pair[0] > self.high else 1 if pair[1] < self.low else None
        if wrong is None:
            return pair
        raise Violation("bad-value", fmt("must be {}, got {}", self.text, quote_value(value)), path=(wrong,))


def factor(low: float, high: float, both: bool = False, empty: bool = False) -> Any:
    """The type of a factor."""
    return Annotated[float | Sequence[float], Factor(low, high, both, empty), NEUTRAL]


_ODD = "an odd integer, or a list of two"


def _odd_size(value: object) -> int | list[int]:
    if type(value) is int:
        if value % 2:
            return value
    elif isinstance(value, (list, tuple)):
        sizes: list[int] = validate(list[int], list(value))
        if len(sizes) == 2 and all(size % 2 for size in sizes):
            return sizes
    else:
        raise wrong_type(_ODD, value)
    raise Violation("bad-value", fmt("must be {}, got {}", _ODD, quote_value(value)))


OddSize = Annotated[int | Annotated[list[int], Len(2, 2)], *read_by(_odd_size, _ODD, NEUTRAL)]
"""The size of a blur: an odd integer, or two of them. Keras surprise: negative ones are accepted."""
Pair = Annotated[list[NeutralNumber], Len(2, 2)]
"""Two numbers, such as the range of the pixels."""

Numbers = list[NeutralNumber]
"""A pixel range that Keras only checks when it computes. Keras surprise: any number of values is accepted."""

Part = factor(0, 1)
PartEach = factor(0, 1, both=True)
Signed = factor(-1, 1)
SignedEach = factor(-1, 1, both=True)
SignedOrEmpty = factor(-1, 1, empty=True)
Share = Annotated[UnitInterval, NEUTRAL]

Interpolation = Annotated[Literal["nearest", "bilinear"], NEUTRAL]
FillMode = Annotated[Literal["reflect", "wrap", "constant", "nearest"], NEUTRAL]

RANGE_DOC = "Minimum and maximum pixel value."
MIXING_DOC = "Interpolation method."
FILLING_DOC = "How areas outside the image are filled."
FILL_VALUE_DOC = 'Fill value for fill_mode = "constant".'
CHANCE_DOC = "Probability that an image is changed: a number from 0 to 1, or a range to draw it from."
