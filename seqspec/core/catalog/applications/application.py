"""The base of all models of `keras.applications`: common arguments, and Keras's requirements on the input image."""

from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from typing import Annotated, Any, ClassVar, cast

from pydantic import Field

from seqspec.core.catalog.applications.graph import ApplicationGraph, ApplicationNode
from seqspec.core.catalog.applications.pixels import BYTES, SIGNED, Pixels
from seqspec.core.catalog.keras_object import (
    KerasObject,
    bad_argument,
    conflict,
    given_argument,
    given_arguments,
    unchecked,
)
from seqspec.core.catalog.layer import InferenceContext, Layer, Phase, require_known, require_rank
from seqspec.core.catalog.markers import NEUTRAL, SHAPING, Expects
from seqspec.core.catalog.objects import Activation
from seqspec.core.catalog.traits import Variables
from seqspec.core.catalog.types import Maybe, read_by
from seqspec.core.catalog.validation import wrong_type
from seqspec.core.diagnostics.message import (
    NONE,
    Message,
    Setting,
    SpecOrProgram,
    TableName,
    Value,
    counted,
    fmt,
    quote_value,
    shorten,
)
from seqspec.core.diagnostics.suggest import SuggestionTemplate, suggest
from seqspec.core.diagnostics.violation import Violation, Violations
from seqspec.core.shapes.tensor import BATCH, UNNAMED, Dim, Shape, Size, TensorSpec, WeightSpec, show
from seqspec.core.syntax.document import Tree

IMAGENET = "imagenet"
_ANY = Dim()

_NO_TOP = Setting("include_top", False)
_UNTRAINED = Setting("weights", NONE)
_OWN_TOP = fmt("write {} and add your own Dense layer, or {}", _NO_TOP, _UNTRAINED)
_TRAINED_TOP = fmt("{} and {}", Setting("include_top", True), Setting("weights", IMAGENET))
_TO_THREE_CHANNELS = Value({"type": "Conv2D", "filters": 3, "kernel_size": 1})
_FOR_TRAINED = "for pretrained weights with include_top"
_NOT_TAKEN = ("activity_regularizer", "autocast", "dtype")


class ImageShape(tuple[int | None, ...]):
    """An image shape as in Keras, with None for an unknown size; `dims` has the names of unknown sizes."""

    dims: Shape

    def __new__(cls, dims: Sequence[Size]) -> "ImageShape":
        shape = super().__new__(cls, (size if isinstance(size, int) else None for size in dims))
        shape.dims = tuple(dims)
        return shape


_IMAGE_SHAPE = "[height, width, channels]"


def _image_shape(value: object) -> ImageShape:
    if not isinstance(value, (list, tuple)):
        raise wrong_type(_IMAGE_SHAPE, value)
    if len(value) != 3:
        raise Violation("bad-value", fmt("must be {}, got {}", _IMAGE_SHAPE, quote_value(value)))
    return ImageShape([_size(size, index) for index, size in enumerate(getattr(value, "dims", value))])


def _size(size: object, index: int) -> Size:
    if isinstance(size, Dim) or (type(size) is int and size >= 0):
        return size
    if size is None or size in (UNNAMED, "none"):
        return Dim()
    if isinstance(size, str) and size.isidentifier():
        return Dim(size)
    rule = "bad-value" if type(size) is int else "wrong-type"
    raise Violation(rule, fmt("must be {}, got {}", _IMAGE_SHAPE, quote_value(size)), path=(index,))


class ImageSizes:
    """Marks `[height, width, channels]`."""


ImageShapeType = Annotated[Sequence[int | str | None], *read_by(_image_shape, _IMAGE_SHAPE, ImageSizes(), SHAPING)]
"""`[height, width, channels]`; unknown sizes have names."""

_PRETRAINED = fmt('"imagenet", {} or the path of a weights file', NONE)


def _pretrained(value: object) -> str | None:
    if value is None or value == "none":
        return None
    if type(value) is not str:
        raise wrong_type(_PRETRAINED, value)
    if value == IMAGENET or any(mark in value for mark in "./\\"):
        return value
    otherwise = fmt('write "imagenet", {}, or a path such as "my.weights.h5"', NONE)
    meant = suggest(value, (IMAGENET, "none"), otherwise, SuggestionTemplate.STRING)
    raise Violation(
        "bad-value",
        fmt('must be {}, got "{}"', _PRETRAINED, shorten(value)),
        recovered_value=IMAGENET if meant.word == IMAGENET else None,
        **meant.arguments(),
    )


class PretrainedWeights:
    """Marks `"imagenet"`, `"none"`, or a weights file."""


Pretrained = Annotated[str | None, *read_by(_pretrained, _PRETRAINED, PretrainedWeights(), NEUTRAL)]
"""`"imagenet"`, `"none"`, or a weights file."""


def preprocessing_flag() -> bool:
    """Declares the argument `include_preprocessing`."""
    return Field(default=True, description="Whether the model rescales pixels in [0, 255] itself.")


def keras_name(name: str) -> str:
    """Declares the argument `name` with Keras's default for this model."""
    return Field(default=name, description="Name, unique in the model.")


class Application(Layer):
    """A model of `keras.applications` as one layer of a stack.

    A concrete class adds its `architecture`. `structural` lists the arguments that affect it: models with equal values,
    input and dtype policy share one graph.
    """

    traits = frozenset({"base_model"})
    variables = Variables(hidden=True)
    without = _NOT_TAKEN
    default_size: ClassVar[int] = 224
    minimum_size: ClassVar[int] = 32
    dense_top: ClassVar[bool] = True
    structural: ClassVar[tuple[str, ...]] = ("include_top", "pooling", "classes")
    pixels: ClassVar[Pixels] = SIGNED
    """The pixel range that the trained weights expect, if the model does not rescale its input."""
    normalizes_channels: ClassVar[bool] = False
    """Whether it can start with a normalization per channel, which broadcasts a single one."""

    include_top: bool = Field(default=True, description="Whether to include the classification head.")
    weights: Pretrained = Field(
        default=IMAGENET, description="Initial weights: trained on ImageNet, random, or from a file."
    )
    input_shape: Maybe[ImageShapeType] = Field(
        default=None, description="Image shape, if no layer or input precedes the model."
    )
    # Keras surprise: any string other than "avg" and "max" means no pooling.
    pooling: Maybe[Annotated[str, Expects('"avg" or "max"'), SHAPING]] = Field(
        default=None, description="Global pooling of the output if include_top is false."
    )
    classes: int = Field(default=1000, description="Number of classes of the classification head.")
    classifier_activation: Maybe[Activation] = Field(
        default="softmax", description="Activation of the classification head."
    )

    @classmethod
    def unknown_argument_help(cls, key: str) -> str | None:
        if key == "input_tensor":
            return "remove it: the input is the output of the previous layer"
        if key in _NOT_TAKEN:
            statement = f"a base model does not accept {key}"
            policy = SpecOrProgram(fmt("dtype_policy of {}", TableName(("runtime",))), "the global dtype policy")
            return statement + fmt("; it follows {}", policy) if key == "dtype" else statement
        return None

    @property
    def image_shape(self) -> ImageShape | None:
        """The argument `input_shape` as it was read."""
        return self.input_shape if isinstance(self.input_shape, ImageShape) else None

    @property
    def pretrained(self) -> str | None:
        """The argument `weights`."""
        value: str | None = given_argument(self, "weights", IMAGENET)
        return value

    @property
    def expects(self) -> Pixels:
        """The pixel range that the trained weights expect."""
        inside: bool = getattr(self, "include_preprocessing", False)
        return BYTES if inside else self.pixels

    # Arguments that Keras rejects for any input

    def check_arguments(self) -> None:
        """Raises a `Violation` for combinations of arguments that Keras rejects."""
        if self.include_top:
            self._check_trained_top()

    def check_versions(self, env: InferenceContext) -> None:
        # Keras surprise: before 3.13 a dense top may have 0 classes.
        least = 0 if self.dense_top and env.keras < (3, 13) else 1
        if self.include_top and self.classes < least:
            raise bad_argument("classes", fmt("must be a positive integer, got {}", self.classes))

    def _check_trained_top(self) -> None:
        if self.pretrained == IMAGENET and self.classes != 1000:
            raise self.trained("classes", f"must be 1000 {_FOR_TRAINED}, got {self.classes}", _OWN_TOP)
        activation = self.classifier_activation
        plain = not isinstance(activation, KerasObject) or (
            type(activation).__name__ in ("softmax", "linear") and not given_arguments(activation)
        )
        if self.pretrained is not None and not plain:
            raise self.trained(
                "classifier_activation",
                fmt('must be "softmax" or {} {}, got {}', NONE, _FOR_TRAINED, type(activation).__name__),
                _OWN_TOP,
            )

    def trained(self, argument: str, message: str, help: str) -> Violation:
        """The violation for an argument that is incompatible with trained weights."""
        return conflict(argument, fmt("{} {}", argument, message), help=help)

    # Inputs that Keras rejects

    def usual_size(self, sample: Shape) -> int:
        """The image size that Keras requires if the top has trained weights."""
        return self.default_size

    def usual_input(self) -> Shape:
        """The default input shape in Keras."""
        if self.include_top:
            return (self.default_size, self.default_size, 3)
        return (Dim("height"), Dim("width"), 3)

    def fixed_input(self) -> TensorSpec | None:
        shape = self.image_shape
        return TensorSpec((BATCH, *(shape.dims if shape is not None else self.usual_input())))

    def accept(self, sample: Shape) -> None:
        """Raises a `Violation` for an image shape that Keras rejects before it builds the model."""
        height, width, _channels = sample
        if self.pretrained == IMAGENET:
            if self.include_top:
                size = self.usual_size(sample)
                if sample != (size, size, 3):
                    raise _wrong_trained_size(sample, size)
            self.require_three_channels(sample)
        smallest = self.minimum_size
        if any(isinstance(size, int) and size < smallest for size in (height, width)):
            raise self.too_small(sample)
        if self.include_top and not (isinstance(height, int) and isinstance(width, int)):
            raise Violation(
                "unknown-size",
                fmt("needs a known image size for its classification head, got {}", show(sample)),
                anchor="layer",
                help=fmt("write {} with {}, and add your own Dense layer", _NO_TOP, Setting("pooling", "avg")),
            )

    def require_three_channels(self, sample: Shape) -> None:
        """Raises a `Violation` unless images have three channels, as ImageNet weights require."""
        if sample[-1] != 3:
            raise Violation(
                "channel-mismatch",
                fmt("expected 3 channels with {}, got {}", Setting("weights", IMAGENET), show(sample)),
                anchor="layer",
                label=fmt("expects 3 channels, got {}", sample[-1]),
                help=_permute_help(sample, self.minimum_size)
                or fmt("insert {} before it, or write {}", _TO_THREE_CHANNELS, _UNTRAINED),
            )

    def too_small(self, sample: Shape) -> Violation:
        """The violation for images below the minimum size."""
        size = self.minimum_size
        resizing = Value({"type": "Resizing", "height": size, "width": size})
        return Violation(
            "shape-mismatch",
            fmt("expected images of at least {} × {}, got {}", size, size, show(sample)),
            anchor="layer",
            label=fmt("expects at least {} × {}", size, size),
            help=_permute_help(sample, self.minimum_size) or fmt("insert {} before it, or use larger images", resizing),
        )

    # The interface of a layer

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        graph = self._graph(x, env)
        return TensorSpec((x.dims[0], *graph.output.spec.dims[1:]), env.policy.compute)

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        return self._built(_declared(self.image_shape, x), env).weights

    def macs(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> Size:
        return self._graph(x, env).macs

    def saved_for_backward(
        self, x: TensorSpec, outputs: Sequence[TensorSpec], env: InferenceContext
    ) -> Sequence[TensorSpec]:
        return self._graph(x, env).kept

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        shape = self.image_shape
        channels = None if shape is None or x.rank != 4 else shape.dims[-1]
        if self.normalizes_channels or not isinstance(channels, int) or not isinstance(x.dims[-1], int):
            return
        if channels != x.dims[-1]:
            raise Violation(
                "channel-mismatch",
                fmt("is built for images with {}, got {}", counted(channels, "channel"), x.dims[-1]),
                path=("input_shape", 2),
                help="load images with as many channels, such as with color_mode",
            )

    def _graph(self, x: TensorSpec, env: InferenceContext) -> ApplicationGraph:
        """The graph for the given input."""
        declared = _declared(self.image_shape, x)
        built = self._built(declared, env)
        # The first layer already has its weights here, so the number of input channels is not checked.
        incoming = (*x.sample[:-1], declared[-1])
        if all(isinstance(size, int) == isinstance(other, int) for size, other in zip(declared, incoming)):
            return built
        return _reported_as_one_model(lambda: built.replay(incoming), incoming)

    def _built(self, sample: Shape, env: InferenceContext) -> ApplicationGraph:
        self.check_versions(env)
        self.accept(sample)
        require_known(sample[-1], "channels")
        values = tuple(getattr(self, name) for name in self.structural)
        # Unnamed sizes are never equal; a shared one replaces them, so that the cache recognizes the shape.
        plain = tuple(_ANY if isinstance(size, Dim) and size.base == UNNAMED else size for size in sample)
        return _build(cast(Hashable, type(self)), values, plain, env.at(Phase.BUILD))

    def to_tree(self) -> Tree:
        tree: dict[str, object] = super().to_tree()
        if self.image_shape is not None:
            tree["input_shape"] = [size if isinstance(size, int) else str(size) for size in self.image_shape.dims]
        return tree

    # Declared by each family

    def architecture(self, g: ApplicationGraph, x: ApplicationNode) -> ApplicationNode:
        """The layers of the model from its input to its output."""
        raise NotImplementedError

    def classifier(self, g: ApplicationGraph, x: ApplicationNode) -> ApplicationNode:
        """The usual output layers: pooling and `Dense` as the top, or the pooling that the spec requests."""
        return g.dense(g.global_average(x), self.classes) if self.include_top else self.pooled(g, x)

    def pooled(self, g: ApplicationGraph, x: ApplicationNode) -> ApplicationNode:
        """The output layers without a top."""
        if self.pooling == "avg":
            return g.global_average(x)
        return g.global_max(x) if self.pooling == "max" else x


def _declared(shape: ImageShape | None, x: TensorSpec) -> Shape:
    """The image shape passed to Keras's constructor: `input_shape`, or else the shape of the input."""
    require_rank(x, 4, "(height, width, channels)")
    if shape is None:
        return x.sample
    declared: list[Size] = []
    for axis, (size, incoming) in enumerate(zip(shape.dims, x.sample)):
        declared.append(size if isinstance(size, int) or isinstance(incoming, int) else incoming)
        # Keras surprise: a single channel is accepted with any number of channels, and fails at run time.
        either = axis == 2 and 1 in (size, incoming)
        if isinstance(size, int) and isinstance(incoming, int) and size != incoming and not either:
            raise Violation(
                "shape-mismatch",
                fmt("input_shape is {}, but the input has shape {}", show(shape.dims), show(x.sample)),
                path=("input_shape", axis),
                label=fmt("the input has shape {}", incoming),
                help="remove input_shape: the previous layer or the model's input determines it",
            )
    return tuple(declared)


def _wrong_trained_size(sample: Shape, size: int) -> Violation:
    return Violation(
        "shape-mismatch",
        fmt("expected input {} with {}, got {}", show((size, size, 3)), _TRAINED_TOP, show(sample)),
        anchor="layer",
        label=fmt("expects {} × {} × 3", size, size),
        help=fmt("write {} to keep the trained weights for other sizes, or {}", _NO_TOP, _UNTRAINED),
    )


def _permute_help(sample: Shape, minimum: int) -> Message | None:
    first, _, last = sample
    if first in (1, 3) and isinstance(last, int) and last >= minimum:
        return fmt(
            "it expects (height, width, channels): insert {} before it", Value({"type": "Permute", "dims": [2, 3, 1]})
        )
    return None


@lru_cache(maxsize=64)
def _build(kind: Any, values: tuple[Any, ...], sample: Shape, env: InferenceContext) -> ApplicationGraph:
    model: Application = unchecked(kind, **dict(zip(kind.structural, values)))
    graph = ApplicationGraph(sample, env)

    def built() -> ApplicationGraph:
        graph.output = model.architecture(graph, graph.input)
        return graph

    return _reported_as_one_model(built, sample)


def _reported_as_one_model(work: Callable[[], ApplicationGraph], sample: Shape) -> ApplicationGraph:
    """Reports an error inside a base model as an error of the whole model."""
    try:
        return work()
    except Violation as violation:
        raise Violation(
            violation.rule,
            fmt("cannot process input {}: {}", show(sample), violation.message),
            anchor="layer",
            help=violation.help,
        ) from None
    except Violations as several:
        raise several.items[0] from None


def round_to_eight(filters: float, exactly: bool = False) -> int:
    """The nearest multiple of 8, at least 8; the next one, unless `exactly`, where that is more than a tenth below."""
    rounded = max(8, int(filters + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * filters and not exactly else rounded
