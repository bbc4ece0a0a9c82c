"""Arguments of calls by their Keras 3 names, for programs written for any Keras version.

Older names of arguments are in `core.catalog.legacy`; this module handles what only a program
has: positions, and the spelling of names of initializers, losses and the like.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from seqspec.core.api.catalog import (
    ACTIVATION,
    APPLICATIONS,
    FAMILIES,
    INITIALIZER,
    Family,
    KerasObject,
    Layer,
    field_type,
    layer_class,
    legacy,
)
from seqspec.core.api.catalog import accepts as type_accepts
from seqspec.programs.values.abstract_values import Argument, KerasCall, List, is_integer

_ORDERS = {
    "ReversibleEmbedding": (
        "input_dim output_dim tie_weights embeddings_initializer embeddings_regularizer embeddings_constraint "
        "mask_zero reverse_dtype"
    ),
    "Conv1D": "filters kernel_size strides padding *",
    "Conv3DTranspose": "filters kernel_size strides padding data_format *",
    "MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D": "* name",
    "Cropping2D Cropping3D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D": "* data_format",
    "UpSampling2D": "size *",
    "BatchNormalization": (
        "axis momentum epsilon center scale beta_initializer gamma_initializer moving_mean_initializer"
    ),
    "GroupNormalization": "groups axis *",
    "AlphaDropout Dropout GaussianDropout GaussianNoise": "* seed",
    "SpatialDropout1D SpatialDropout2D SpatialDropout3D": "* seed name dtype",
    "LSTM LSTMCell": (
        "units activation recurrent_activation use_bias kernel_initializer recurrent_initializer "
        "bias_initializer unit_forget_bias"
    ),
    "GRU GRUCell": "units activation recurrent_activation *",
    "RNN": "cell *",
    "ConvLSTM1D ConvLSTM2D ConvLSTM3D": (
        "filters kernel_size strides padding data_format dilation_rate activation recurrent_activation"
    ),
    "Bidirectional": "layer merge_mode weights backward_layer",
    "IntegerLookup": "max_tokens num_oov_indices mask_token oov_token vocabulary vocabulary_dtype idf_weights invert",
    "StringLookup": "max_tokens num_oov_indices mask_token oov_token vocabulary idf_weights invert output_mode",
    "RandomCrop": "height width seed data_format name",
    "RandomColorDegeneration RandomHue RandomPosterization RandomSaturation RandomSharpness": (
        "factor value_range data_format seed"
    ),
    "RandomGaussianBlur": "factor kernel_size sigma value_range data_format seed",
    "RandomGrayscale": "factor data_format seed",
    "RandomShear": "x_factor y_factor interpolation fill_mode fill_value data_format seed",
    "MixUp": "alpha data_format seed",
    "MobileNet": "input_shape alpha depth_multiplier dropout include_top weights input_tensor * name",
    "MobileNetV2": "input_shape alpha include_top weights input_tensor * name",
    "MobileNetV3Small MobileNetV3Large": (
        "input_shape alpha minimalistic include_top weights input_tensor classes pooling dropout_rate * name"
    ),
    "NASNetMobile NASNetLarge": "input_shape include_top weights input_tensor * name",
    "ConvNeXtTiny ConvNeXtSmall ConvNeXtBase ConvNeXtLarge ConvNeXtXLarge": (
        "include_top include_preprocessing weights input_tensor * name"
    ),
}
"""Arguments by position where the fields are in another order; a test compares them with Keras.

`*` are the other arguments of the class, in the order of the fields.
"""

_BY_NAME = {name: order.split() for names, order in _ORDERS.items() for name in names.split()}
_APPLICATION = "include_top weights input_tensor * name".split()


@cache
def positional_arguments(cls: type[KerasObject]) -> list[str]:
    """The arguments of a class in the order in which Keras accepts them by position."""
    fields = list(cls.model_fields)
    order = _BY_NAME.get(cls.__name__) or (_APPLICATION if cls.__name__ in APPLICATIONS else fields)
    common = Layer.trailing if issubclass(cls, Layer) else cls.trailing
    own = [name for name in fields if name not in order and name not in common]
    return [name for entry in order for name in (own if entry == "*" else [entry])]


OBJECTS = {family.family: family for family in FAMILIES}
"""Families of objects by module."""

SHAPES = ("input_shape", "batch_input_shape", "batch_shape", "input_dim", "input_length", "batch_size")
"""Arguments with which the first layer of a model declares the input."""

OLDER_NAMES = {
    **legacy.LOSSES,
    "kld": "kl_divergence",
    "uniform": "random_uniform",
    "normal": "random_normal",
    "gaussian": "random_normal",
    "zero": "zeros",
    "one": "ones",
    "rmse": "root_mean_squared_error",
}
"""Further names of initializers, losses and metrics that older Keras versions accept."""

_DROPPED = {
    "layers": frozenset("dynamic fused_ num_constants weights".split()),
    "optimizers": frozenset(("schedule_decay", "decay", "use_locking", "name")),
    "callbacks": frozenset("period write_grads batch_size cooldown_ embeddings_layer_names embeddings_data".split()),
    "initializers": frozenset(("dtype", "partition_info")),
}
"""Arguments of older Keras versions that have no effect on the Keras 3 object."""

_DROPPED_BY_CLASS = {
    "BatchNormalization": tuple("adjustment mode renorm renorm_clipping renorm_momentum virtual_batch_size".split()),
    "Embedding": ("dropout", "sparse"),
    "Conv2DTranspose": ("output_shape",),
}
"""Arguments of older versions that other classes still have."""

_DROPPED_DEFAULTS = {"time_major": False}
"""Arguments of older versions that only have no effect with their default."""

_OF_KERNELS = ("kernel_initializer", "kernel_regularizer", "kernel_constraint")
IGNORED_BY_KERAS_2: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D", "DepthwiseConv1D", "DepthwiseConv2D"), _OF_KERNELS),
    **dict.fromkeys(("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"), ("trainable", "noise_shape")),
}
"""Arguments that layers of Keras 2 accept and ignore, and those of Keras 3 reject."""

CONVERTED_BY_KERAS_2: dict[str, str] = {
    "Dense": "units",
    **dict.fromkeys(
        ("Conv1D", "Conv2D", "Conv3D", "SeparableConv1D", "SeparableConv2D", "Conv1DTranspose", "Conv2DTranspose",
         "Conv3DTranspose"),
        "filters",
    ),
}  # fmt: skip
"""Arguments that layers of Keras 2 convert to integers, and those of Keras 3 refuse as floats."""

_OLD_OPTIMIZERS = {"SGD": ("learning_rate", "momentum", "decay", "nesterov")}
_KERAS_1 = {
    "Convolution1D": ("filters", "kernel_size", "init", "activation", "weights", "padding", "strides"),
    "ThresholdedReLU": ("theta",),
    "EarlyStopping": ("monitor", "patience", "verbose", "mode"),
}
_RENAMED = {
    ("ReduceLROnPlateau", "epsilon"): "min_delta",
    ("L1", "l"): "l1",
    ("L2", "l"): "l2",
    ("Orthogonal", "scale"): "gain",
}
_ONLY_OF = {"stride": ("Pooling1D",), "length": ("UpSampling1D",)}
"""The classes that have an argument of an older version, where others have its new name."""

_CONVOLUTIONS = {"Conv1D": 1, "Conv2D": 2, "Conv3D": 3, "SeparableConv2D": 2, "Conv2DTranspose": 2}


def layer_declaration(name: str) -> tuple[type[Layer] | None, dict[str, object]]:
    """The Keras 3 layer by its current or an older name, and arguments that make it equivalent to the older layer."""
    new, extra = legacy.CLASSES.get(name, (name, {}))
    return layer_class(new), extra


def object_declaration(family: Family, name: str) -> type[KerasObject] | None:
    """The class of an object by its current or an older name."""
    return family.class_named(legacy.object_class(name))


def argument_names(cls: type[KerasObject]) -> list[str]:
    """The arguments of a class in Keras's order."""
    return list(cls.model_fields)


def accepts(cls: type[KerasObject], key: str, value: object) -> bool:
    """Whether an argument accepts a value."""
    field = cls.model_fields.get(key)
    return field is not None and type_accepts(field_type(field), value)


def spec_value(cls: type[KerasObject], key: str, value: object) -> object:
    """A value of a program as in a spec: None becomes "none" unless it is the default, and a bool can be a number."""
    if value is None and not accepts(cls, key, None) and accepts(cls, key, "none"):
        return "none"
    if isinstance(value, bool) and not accepts(cls, key, value) and accepts(cls, key, int(value)):
        return int(value)
    return value


def is_required(cls: type[KerasObject], key: str) -> bool:
    """Whether a class has an argument that is required."""
    field = cls.model_fields.get(key)
    return field is not None and field.is_required()


class BoundArgument(NamedTuple):
    """An argument under its Keras 3 name.

    Attributes:
        key: The name; None for an argument that no longer has an effect.
        argument: The argument of the program.
        value: Its value.
    """

    key: str | None
    argument: Argument
    value: object


def bind_layer(cls: type[KerasObject], call: KerasCall, keras_2: bool) -> Iterator[BoundArgument]:
    """The arguments of a layer's call; the arguments in `SHAPES` keep their names.

    Args:
        cls: The layer's class.
        call: The call.
        keras_2: Whether the program uses the old `keras` package, whose convolutions accept one number per axis.
    """
    positions = _positional_names(cls, call, keras_2)
    window: list[Argument] = []
    for argument in call.arguments:
        name = _keyword(argument, positions)
        if name in legacy.KERNEL_KEYS and name not in cls.model_fields:
            window.append(argument)
            continue
        yield _bind(cls, name, argument, "layers")
    if window:
        first = Argument("kernel_size", List([a.value for a in window]), window[0].node, window[0].keyword, True)
        yield BoundArgument("kernel_size", first, first.value)


def _positional_names(cls: type[KerasObject], call: KerasCall, keras_2: bool) -> list[str]:
    name = call.ref.name
    values = [a.value for a in call.arguments if isinstance(a.key, int)]
    if name in _KERAS_1 and (name != "Convolution1D" or len(values) > 2):
        return list(_KERAS_1[name])
    rank = _CONVOLUTIONS.get(cls.__name__, 0)
    if keras_2 and rank > 1 and _has_size_per_axis(call, cls.__name__, values, rank):
        return ["filters", *legacy.KERNEL_AXES[rank], "init", "activation", "weights", "padding", "strides"]
    if cls.__name__ == "Dense" and len(values) > 1 and _is_initializer(values[1]):
        return ["units", "init", "activation"]
    if cls.__name__ == "BatchNormalization" and values and isinstance(values[0], float):
        return ["epsilon", "mode", "axis", "momentum"]
    return positional_arguments(cls)


_NEVER_WITH_SIZES = ("data_format", "dilation_rate", "kernel_size", "padding", "strides")
"""Arguments that no version of Keras accepts beside a number per axis by position."""


def _has_size_per_axis(call: KerasCall, name: str, values: Sequence[object], rank: int) -> bool:
    """Whether a convolution has a number per axis by position, as in Keras 1, and not a kernel size and a stride."""
    sizes, rest = values[1 : rank + 1], values[rank + 1 : rank + 2]
    keywords = {argument.key for argument in call.arguments}
    if len(sizes) < rank or not all(map(is_integer, sizes)) or keywords.intersection(_NEVER_WITH_SIZES):
        return False
    if rest and (isinstance(rest[0], (int, tuple)) or rest[0] in ("causal", "same", "valid")):
        return False
    is_older = rank > 2 or call.ref.name != name or not keywords.isdisjoint(legacy.KERAS_1_ARGUMENTS)
    # `Conv2D(64, 3, 2)` is what newer programs write.
    return is_older or len(set(sizes)) == 1 != sizes[0]


def _is_initializer(value: object) -> bool:
    """Whether a value is the name of an initializer, which Keras 1 accepts where Keras 2 accepts an activation."""
    if not isinstance(value, str) or ACTIVATION.named(value) is not None:
        return False
    return OLDER_NAMES.get(value, value) in INITIALIZER.names()


def bind_object(cls: type[KerasObject], family: str, call: KerasCall) -> Iterator[BoundArgument]:
    """The arguments of the call of an optimizer, a loss, a callback, ..."""
    positions = argument_names(cls)
    count = sum(isinstance(a.key, int) for a in call.arguments)
    if cls.__name__ in _OLD_OPTIMIZERS and count > 2:
        positions = list(_OLD_OPTIMIZERS[cls.__name__])
    for argument in call.arguments:
        name = _keyword(argument, positions)
        name = _RENAMED.get((cls.__name__, name), name)
        yield _bind(cls, name, argument, family)


def _keyword(argument: Argument, positions: Sequence[str]) -> str:
    """The keyword of an argument, also of one that is passed by position."""
    if isinstance(argument.key, str):
        return argument.key
    return positions[argument.key] if argument.key < len(positions) else f"number {argument.key + 1}"


def renamed_argument(cls: type[KerasObject], name: str) -> str | None:
    """The Keras 3 name of an argument of a class with an older name; None if the class never had it."""
    if name in _ONLY_OF and not cls.__name__.endswith(_ONLY_OF[name]):
        return None
    return legacy.renamed(name, cls.model_fields)


def _bind(cls: type[KerasObject], name: str, argument: Argument, family: str) -> BoundArgument:
    value = legacy.value(name, argument.value)
    if name in cls.model_fields or (name in SHAPES and family == "layers"):
        return BoundArgument(name, argument, value)
    new = renamed_argument(cls, name)
    if new is not None:
        return BoundArgument(new, argument, value)
    gone = name in _DROPPED.get(family, ()) or name in legacy.PASSED_OVER
    gone = gone or name in _DROPPED_BY_CLASS.get(cls.__name__, ()) or _DROPPED_DEFAULTS.get(name) is value
    return BoundArgument(None if gone else name, argument, value)
