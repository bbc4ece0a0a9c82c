"""A schema for documents that a language model writes, in the part of JSON Schema that services and engines accept.

It describes one way to write each thing: full tables, all keys required, numbers from lists. Of the catalog it has what
people use most, as counted by `scripts/measurements/usage`; the schema for editors accepts every document of it.

Each table is closed and all its keys are required; there is no `oneOf`, `allOf`, `not`, `if`, `pattern` or bound, which
Anthropic and outlines-core do not support, and at most 1,000 values of enumerations, the limit of OpenAI
(https://platform.openai.com/docs/guides/structured-outputs, read on 2026-11-27).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Literal, get_args

from seqspec.core.catalog.field_kind import FieldKind, Form, kind_of_field
from seqspec.core.catalog.index import layer_class
from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.objects import Family
from seqspec.core.document.training_tables import Compile, Fit
from seqspec.core.language.version import LATEST
from seqspec.core.schema.descriptions import summary
from seqspec.core.schema.value_schema import Schema

Task = Literal["audio", "image", "series", "table", "text"]
TASKS: tuple[Task, ...] = get_args(Task)

_CONVOLUTION = ("filters", "kernel_size", "strides", "padding", "activation")
_POOLING = ("pool_size", "padding")
_RECURRENT = ("units", "return_sequences", "dropout")

_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "Activation": ("activation",),
    "AveragePooling1D": _POOLING,
    "AveragePooling2D": _POOLING,
    "BatchNormalization": ("momentum",),
    "Bidirectional": ("layer", "merge_mode"),
    "Conv1D": _CONVOLUTION,
    "Conv2D": _CONVOLUTION,
    "Conv2DTranspose": _CONVOLUTION,
    "Conv3D": _CONVOLUTION,
    "ConvLSTM2D": ("filters", "kernel_size", "padding", "return_sequences"),
    "Dense": ("units", "activation"),
    "DepthwiseConv2D": ("kernel_size", "strides", "padding", "activation"),
    "Dropout": ("rate",),
    "ELU": (),
    "Embedding": ("input_dim", "output_dim", "mask_zero"),
    "Flatten": (),
    "GRU": _RECURRENT,
    "GaussianNoise": ("stddev",),
    "GlobalAveragePooling1D": (),
    "GlobalAveragePooling2D": (),
    "GlobalAveragePooling3D": (),
    "GlobalMaxPooling1D": (),
    "GlobalMaxPooling2D": (),
    "LSTM": _RECURRENT,
    "LayerNormalization": (),
    "LeakyReLU": ("negative_slope",),
    "Masking": ("mask_value",),
    "MaxPooling1D": _POOLING,
    "MaxPooling2D": _POOLING,
    "MaxPooling3D": _POOLING,
    "RandomFlip": ("mode",),
    "RandomRotation": ("factor",),
    "RandomZoom": ("height_factor",),
    "ReLU": (),
    "RepeatVector": ("n",),
    "Rescaling": ("scale", "offset"),
    "Reshape": ("target_shape",),
    "Resizing": ("height", "width"),
    "SeparableConv2D": _CONVOLUTION,
    "SimpleRNN": _RECURRENT,
    "Softmax": (),
    "SpatialDropout1D": ("rate",),
    "SpatialDropout2D": ("rate",),
    "UpSampling2D": ("size",),
    "ZeroPadding2D": ("padding",),
}
"""The layers, each with the arguments that it is written with."""

_EVERYWHERE = ("Dense", "Dropout", "Activation", "BatchNormalization", "LeakyReLU", "Flatten", "Reshape")
_SEQUENCES = (
    "Conv1D", "MaxPooling1D", "GlobalAveragePooling1D", "GlobalMaxPooling1D", "LSTM", "GRU", "Bidirectional",
    "SpatialDropout1D", "LayerNormalization",
)  # fmt: skip
_IMAGES = (
    "Conv2D", "MaxPooling2D", "AveragePooling2D", "GlobalAveragePooling2D", "GlobalMaxPooling2D", "Rescaling",
    "SeparableConv2D", "DepthwiseConv2D", "Conv2DTranspose", "UpSampling2D", "ZeroPadding2D", "RandomFlip",
    "RandomRotation", "RandomZoom", "Resizing", "SpatialDropout2D",
)  # fmt: skip
_OF_TASK: Mapping[Task, tuple[str, ...]] = {
    "audio": (*_EVERYWHERE, *_SEQUENCES, "Conv2D", "MaxPooling2D", "GlobalAveragePooling2D", "Resizing"),
    "image": (*_EVERYWHERE, *_IMAGES),
    "series": (*_EVERYWHERE, *_SEQUENCES, "AveragePooling1D", "SimpleRNN", "RepeatVector", "Masking"),
    "table": (*_EVERYWHERE, "LayerNormalization", "GaussianNoise", "ELU"),
    "text": (*_EVERYWHERE, "Embedding", *_SEQUENCES),
}

_INSIDE = ("LSTM", "GRU", "SimpleRNN")
"""The layers that a `Bidirectional` may contain."""

_COMPILE = {
    "loss": (
        "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy", "mean_squared_error",
        "mean_absolute_error", "huber", "poisson",
    ),
    "metrics": (
        "accuracy", "AUC", "Precision", "Recall", "mean_absolute_error", "mean_squared_error",
        "RootMeanSquaredError", "sparse_top_k_categorical_accuracy",
    ),
    "optimizer": ("Adam", "AdamW", "SGD", "RMSprop", "Nadam", "Adagrad"),
}  # fmt: skip
_ACTIVATIONS = (
    "linear", "relu", "sigmoid", "softmax", "tanh", "elu", "selu", "gelu", "silu", "leaky_relu", "softplus", "mish",
)  # fmt: skip

_SIZES = (
    *range(1, 101), 112, 120, 128, 144, 150, 160, 168, 180, 192, 200, 224, 240, 250, 256, 288, 299, 300, 320, 336, 365,
    384, 400, 480, 500, 512, 600, 640, 720, 750, 768, 784, 800, 1000, 1024, 1200, 1280, 1440, 1500, 2000, 2048, 2500,
    3000, 3072, 4000, 4096, 5000, 6000, 8000, 8192, 10000, 12000, 15000, 16000, 16384, 20000, 22050, 25000, 30000,
    32000, 32768, 40000, 44100, 48000, 50000, 65536, 100000,
)  # fmt: skip
_FEW = (1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 16, 32, 64, 80)
"""Sizes of kernels, pools and strides, the same for each axis."""
_NUMBERS: Mapping[str, tuple[float | str, ...]] = {
    "learning_rate": (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1),
    "mask_value": (0.0, -1.0),
    "mode": ("horizontal", "vertical"),
    "momentum": (0.6, 0.8, 0.9, 0.95, 0.99),
    "negative_slope": (0.01, 0.1, 0.2, 0.3),
    "offset": (0.0, -1.0, -0.5),
    "scale": (1.0, 1 / 16, 1 / 127.5, 1 / 255),
}
_FRACTIONS = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)


def generation_schema(task: Task | None = None, layers: Iterable[str] | None = None) -> Schema:
    """The JSON Schema of specs that a language model writes, for structured outputs.

    Each document that follows it is accepted by the schema for editors. What Keras refuses for other reasons, such as
    shapes that do not fit, is left to `check`.

    Args:
        task: `"audio"`, `"image"`, `"series"`, `"table"` or `"text"`: only the layers that such models use. By default
            the layers that are used most in all of them.
        layers: The layers that may be used, instead.

    Raises:
        ValueError: An unknown task, or a layer that this schema does not have.
    """
    names = _chosen(task, layers)
    definitions = {name: _layer(name) for name in names}
    if "Bidirectional" in definitions:
        definitions |= {name: _layer(name) for name in _INSIDE}
    shape = {"type": "array", "items": {"$ref": "#/$defs/size"}, "description": "Without the batch size."}
    model = {
        "input": shape,
        "layers": {"type": "array", "items": {"anyOf": [{"$ref": f"#/$defs/{name}"} for name in names]}},
    }
    return {
        **_table({"seqspec": {"enum": [LATEST]}, "model": _table(model), "compile": _compile(), "fit": _fit()}),
        "$defs": {
            "size": {"type": "integer", "enum": [*_SIZES]},
            "activation": {"type": "string", "enum": [*_ACTIVATIONS]},
            **definitions,
        },
    }


def generation_layers() -> Sequence[str]:
    """The layers that a schema for generation can have, in alphabetical order."""
    return sorted(_ARGUMENTS)


def _chosen(task: Task | None, layers: Iterable[str] | None) -> list[str]:
    if task is not None and task not in _OF_TASK:
        raise ValueError(f"task must be one of {', '.join(TASKS)}, got {task!r}")
    if layers is None:
        return list(dict.fromkeys(_ARGUMENTS if task is None else _OF_TASK[task]))
    if isinstance(layers, str):
        raise ValueError(f"layers must be a list of names, got {layers!r}")
    names = list(dict.fromkeys(layers))
    for name in names:
        if name not in _ARGUMENTS:
            near = get_close_matches(str(name), _ARGUMENTS, n=1)
            help = f"did you mean {near[0]}?" if near else f"it has {', '.join(_ARGUMENTS)}"
            raise ValueError(f"the schema for generation has no layer {name!r}: {help}")
    if not names:
        raise ValueError("layers must have at least one name")
    return names


def _table(properties: Mapping[str, Schema], description: str = "") -> Schema:
    return {
        "type": "object",
        **({"description": description} if description else {}),
        "properties": dict(properties),
        "required": [*properties],
        "additionalProperties": False,
    }


@cache
def _layer(name: str) -> Schema:
    declared = layer_class(name)
    assert declared is not None
    arguments = {argument: _values(declared, argument) for argument in _ARGUMENTS[name]}
    return _table({"type": {"type": "string", "enum": [name]}, **arguments}, summary(declared))


def _values(declared: type[KerasObject], argument: str) -> Schema:
    """The values of an argument that are offered, all of which the catalog accepts."""
    kind = kind_of_field(declared.model_fields[argument])
    if argument == "layer":
        return {"anyOf": [{"$ref": f"#/$defs/{name}"} for name in _INSIDE]}
    if kind.mark(Family) is not None:
        return {"$ref": "#/$defs/activation"}
    if kind.form is Form.LIST:
        return {"type": "array", "items": {"$ref": "#/$defs/size"}}
    if kind.form is Form.BOOLEAN:
        return {"type": "boolean"}
    if kind.form is Form.INTEGER:
        return {"$ref": "#/$defs/size"}
    return _enumeration(_offered(argument, kind))


def _offered(argument: str, kind: FieldKind) -> Iterator[object]:
    if kind.choices:
        values: Sequence[object] = kind.choices
    elif argument in _NUMBERS:
        values = _NUMBERS[argument]
    else:
        values = _FRACTIONS if kind.form is Form.NUMBER or kind.accepts(min(_FRACTIONS[1:])) else _FEW
    return filter(kind.accepts, values)


def _enumeration(values: Iterable[object]) -> Schema:
    offered = list(values)
    kind = "string" if isinstance(offered[0], str) else "integer" if isinstance(offered[0], int) else "number"
    return {"type": kind, "enum": offered}


def _compile() -> Schema:
    known = {key: _enumeration(names) for key, names in _COMPILE.items()}
    rates = _enumeration(_NUMBERS["learning_rate"])
    properties = {
        "optimizer": _table({"type": known["optimizer"], "learning_rate": rates}),
        "loss": known["loss"],
        "metrics": {"type": "array", "items": known["metrics"]},
    }
    return _table({key: properties[key] for key in Compile.model_fields if key in properties})


def _fit() -> Schema:
    size = {"$ref": "#/$defs/size"}
    return _table({key: size for key in Fit.model_fields if key in ("epochs", "batch_size")})
