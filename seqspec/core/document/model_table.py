"""The table `[model]`: the input and the stack of layers as typed data.

`read_model` reads it for `seqspec check`, which continues after an invalid layer, and for the Pydantic model `Model`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import Field, PlainValidator, model_validator

from seqspec.core.catalog.dtypes import DTypeName
from seqspec.core.catalog.keras_object import require_valid
from seqspec.core.catalog.layer import Layer
from seqspec.core.catalog.plain import to_plain, tree_of
from seqspec.core.catalog.reading import duplicate_names, invalid_name, read_layer
from seqspec.core.catalog.types import read_by
from seqspec.core.catalog.validation import validation_error
from seqspec.core.diagnostics.message import (
    Message,
    OnlyInToml,
    Setting,
    SpecOrProgram,
    TableName,
    Value,
    fmt,
    quote_value,
)
from seqspec.core.diagnostics.violation import UNSET, Violation, Violations
from seqspec.core.document.base_table import Table
from seqspec.core.language.keys import TOP_LEVEL, is_name
from seqspec.core.shapes.tensor import BATCH, UNNAMED, Dim, Size, TensorSpec
from seqspec.core.syntax.document import Tree

_DIMENSION = r"[A-Za-z_][A-Za-z0-9_]*"
_MAX_AXES = 63


def _shape(value: object) -> object:
    violations: list[Violation] = []
    require_valid(_read_shape(value, violations), violations)
    return value


def _batch_size(value: object) -> int | None:
    if value is None or value == "none":
        return None
    if type(value) is int and value >= 0:
        return value
    raise Violation("wrong-type", fmt("must be an integer, got {}", quote_value(value)))


def _name(value: object) -> object:
    violations: list[Violation] = []
    if value is not None:
        check_name(value, (), violations)
    if violations:
        raise Violations(violations)
    return value


def _list(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return value
    help = fmt("write {}", Setting("layers", [value[:60]])) if isinstance(value, str) else None
    if isinstance(value, Mapping):
        help = fmt(
            "write {}{}",
            Setting("layers", [{...: ...}]),
            OnlyInToml(", or use a [[model.layers]] header for each layer"),
        )
    raise Violation("wrong-type", fmt("must be a list, got {}", quote_value(value)), help=help)


Sizes = Sequence[int | str | None]
_Shape = Annotated[Sizes, *read_by(_shape, "a list of dimensions")]
_BatchSize = Annotated[int | None, *read_by(_batch_size, "an integer")]
_ModelName = Annotated[str | None, *read_by(_name, "a name")]
_UNKNOWN = SpecOrProgram(Message("a name"), "None")

# Keras surprise: other values than true are accepted and result in a dense tensor.
_Flag = Annotated[bool, *read_by(lambda value: value is True, "true or false")]
_READY = PlainValidator(lambda value: value)
"""For values that the reader has already validated."""


class Input(Table):
    """The input in its long form."""

    title = "input"

    shape: _Shape = Field(
        description='Shape of one sample, without the batch size: `[28, 28, 1]`; `"T"` is a named unknown dimension.'
    )
    dtype: DTypeName = Field(default="float32", description="Dtype of the input.")
    batch_size: _BatchSize = Field(default=None, description="Fixed batch size.")
    name: _ModelName = Field(default=None, description="Name of the input.")
    sparse: _Flag = Field(default=False, description="Whether the input is a sparse tensor.")
    ragged: _Flag = Field(default=False, description="Whether the input is a ragged tensor.")

    @classmethod
    def missing_argument(cls, name: str) -> Violation:
        return Violation(
            "missing-key",
            "input has no shape",
            help=fmt("write {}", Setting("input", {"shape": [28, 28, 1]})),
            missing="shape",
        )

    @property
    def tensor(self) -> TensorSpec:
        """The tensor of a batch."""
        batch = BATCH if self.batch_size is None else self.batch_size
        return TensorSpec((batch, *_dims(self.shape)), self.dtype, sparse=self.sparse)


class Model(Table):
    """The model: its input and its layers.

    Args:
        input: The shape of one sample without the batch size, or the long form; None if the first layer determines it.
        layers: The layers, of the classes of `seqspec.layers`, or as entries of a spec: names and tables.
        name: The name of the Keras model.
    """

    title = "[model]"

    name: _ModelName = Field(default=None, description="Name of the model.")
    input: Annotated[Sizes | Input | Mapping[str, Any] | None, _READY] = Field(
        default=None, description="Shape of one sample, without the batch size."
    )
    layers: Annotated[Sequence[Any], *read_by(_list, "a list of layers")] = Field(description="The layers, in order.")

    @classmethod
    def read(cls, tree: Mapping[str, object], violations: list[Violation]) -> Self | None:
        data = data_of(tree)
        mistakes: list[Violation] = []
        stack = read_model(data, mistakes)
        violations.extend(mistakes)
        if mistakes or stack is None:
            return None
        given = {key: value for key, value in data.items() if key in cls.model_fields}
        if isinstance(given.get("input"), Mapping):
            given["input"] = Input.model_validate(given["input"])
        return cls.model_construct(set(given), **{**given, "layers": tuple(stack.layers)})

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: object) -> object:
        return read_valid(cls, data)

    @classmethod
    def unknown_argument(cls, key: str, tree: Mapping[str, object]) -> Violation:
        violation = super().unknown_argument(key, tree)
        if violation.suggestion is None and isinstance(tree[key], Mapping) and key in TOP_LEVEL:
            return violation.replace(help=fmt("write {}, which is a table of its own", TableName((key,))))
        return violation

    def to_tree(self) -> Tree:
        tree = super().to_tree()
        if self.input is not None:
            tree["input"] = _shape_tree(self.input)
        return {key: tree[key] for key in type(self).model_fields if key in tree}


@dataclass(frozen=True, eq=False, slots=True)
class ModelLayers:
    """The model as read: `input` is None if it is unknown, a layer is None if it is invalid."""

    name: str | None
    input: TensorSpec | None
    input_name: str | None
    layers: Sequence[Layer | None]


NO_LAYERS = ModelLayers(None, None, None, ())
"""What a document without `[model]` has."""


def read_model(tree: object, violations: list[Violation]) -> ModelLayers | None:
    """Reads the table `model`; mistakes are appended to `violations`, with paths relative to the table."""
    if not isinstance(tree, Mapping):
        violations.append(
            Violation("wrong-type", f"model must be a table with input and layers, got {quote_value(tree)}")
        )
        return None
    for key in tree:
        if key not in Model.model_fields and key[:2] != "x-":
            unknown = Model.unknown_argument(key, tree)
            violations.append(unknown)
            if unknown.recovered_value is not UNSET:
                tree = {**tree, unknown.recovered_value: tree[key]}
    name = tree.get("name")
    if name is not None:
        check_name(name, ("name",), violations)
    layers = _read_layers(tree, violations)
    spec, input_name = _read_input(tree, layers, violations)
    for index, layer in enumerate(layers if input_name is not None else ()):
        if layer is not None and layer.name == input_name:
            violations.append(
                Violation(
                    "duplicate-name",
                    f'the name "{input_name}" is already that of the input',
                    path=("layers", index, "name"),
                    related=[(("input", "name"), "first used here")],
                    help="names must be unique in a model; rename one of the two",
                )
            )
    return ModelLayers(name if isinstance(name, str) else None, spec, input_name, layers)


def check_name(name: object, path: tuple[str | int, ...], violations: list[Violation]) -> None:
    """Appends a violation for an invalid name: Keras uses names in paths."""
    if not isinstance(name, str):
        violations.append(Violation("wrong-type", fmt("name must be a string, got {}", quote_value(name)), path=path))
    elif not is_name(name):
        violations.append(invalid_name(name).prefixed(*path))


def _read_layers(tree: Mapping[str, Any], violations: list[Violation]) -> list[Layer | None]:
    entries = tree.get("layers")
    if entries is None:
        violations.append(
            Violation(
                "missing-key",
                "missing key layers in [model]",
                help=fmt("add {} to {}", Setting("layers", [...]), TableName(("model",))),
                missing="layers",
            )
        )
        return []
    try:
        _list(entries)
    except Violation as mistake:
        violations.append(mistake.with_subject("layers").prefixed("layers"))
        return []
    layers: list[Layer | None] = []
    for index, entry in enumerate(entries):
        mistakes: list[Violation] = []
        layer = read_layer(entry, mistakes)
        layers.append(layer)
        for violation in mistakes:
            violations.append(violation.prefixed("layers", index))
        if layer is not None and layer.name is not None:
            check_name(layer.name, ("layers", index, "name"), violations)
    violations.extend(duplicate_names(layers, "model.layers"))
    return layers


def _read_input(
    tree: Mapping[str, object], layers: list[Layer | None], violations: list[Violation]
) -> tuple[TensorSpec | None, str | None]:
    if "input" not in tree:
        fixed = layers[0].fixed_input() if layers and layers[0] is not None else None
        if fixed is None and not _fixes_input(tree):
            example = _example_input(layers[0] if layers else None)
            violations.append(
                Violation(
                    "missing-input",
                    "the model has no input shape",
                    missing="input",
                    help=fmt(
                        "add {} to {}: the shape of one sample, without the batch size",
                        Setting("input", example),
                        TableName(("model",)),
                    ),
                )
            )
        return fixed, None
    value = tree["input"]
    mistakes: list[Violation] = []
    if isinstance(value, Mapping):
        long = Input.read(value, mistakes)
        x = None if long is None else long.tensor
    else:
        long, sizes = None, _read_shape(value, mistakes)
        x = None if sizes is None else TensorSpec((BATCH, *_dims(sizes)))
    violations.extend(violation.prefixed("input") for violation in mistakes)
    return x, None if long is None else long.name


_WORDS = "string"
_EXAMPLES = (([28, 28, 1], ""), ([100, 16], ""), ([16, 64, 64, 3], ""), ([16], ""), ([1], _WORDS))
_FLAT = {"Dense": [16], "EinsumDense": [16], "Embedding": [100]}
"""Example inputs of layers that accept several ranks."""


def _example_input(layer: Layer | None) -> list[int] | dict[str, object]:
    """An example of an input that the first layer accepts."""
    if layer is None:
        return _EXAMPLES[0][0]
    if type(layer).__name__ in _FLAT:
        return _FLAT[type(layer).__name__]
    from seqspec.core.catalog.layer import InferenceContext
    from seqspec.core.catalog.layer_inference import check_on_data, output_spec

    for shape, dtype in _EXAMPLES:
        x = TensorSpec((BATCH, *shape), dtype or "float32")
        try:
            output_spec(layer, x, InferenceContext())
            check_on_data(layer, x, InferenceContext())
        except (Violation, Violations):
            continue
        return {"shape": shape, "dtype": dtype} if dtype else shape
    return _EXAMPLES[0][0]


def _fixes_input(tree: Mapping[str, object]) -> bool:
    """Whether the first layer determines the input, even if the layer is invalid."""
    entries = tree.get("layers")
    first = entries[0] if isinstance(entries, list) and entries else None
    return (
        isinstance(first, Mapping)
        and first.get("type") not in ("Embedding", "ReversibleEmbedding")
        and any(key in first for key in ("input_shape", "input_dim", "batch_input_shape", "batch_shape"))
    )


def _read_shape(value: object, violations: list[Violation]) -> list[Any] | None:
    """The sizes as written, or the recovered ones; None if unknown."""
    if type(value) is int:
        violations.append(
            Violation(
                "bad-input",
                f"a shape must be a list, got {value}",
                label=fmt("write {}", Value([value])),
                help=fmt("write {}", Setting("input", [value])),
                only_keras=3,
            )
        )
        return [value] if value >= 0 else None
    if not isinstance(value, (list, tuple)):
        violations.append(
            Violation(
                "bad-input",
                fmt("a shape must be a list of dimensions, got {}", quote_value(value)),
                help='write the shape of one sample without the batch size, such as [28, 28, 1] or ["T", 64]',
            )
        )
        return None
    if len(value) > _MAX_AXES:
        message = f"a shape must have at most {_MAX_AXES} dimensions, got {len(value)}"
        violations.append(Violation("over-limit", message))
        return None
    sizes = [_read_size(entry, index, violations) for index, entry in enumerate(value)]
    return None if UNSET in sizes else sizes


def _read_size(entry: object, index: int, violations: list[Violation]) -> object:
    if (type(entry) is int and entry >= 0) or entry is None or entry in (UNNAMED, "none"):
        return entry
    if isinstance(entry, str) and re.fullmatch(_DIMENSION, entry):
        return entry
    if entry == -1 and type(entry) is int:
        violations.append(
            Violation(
                "bad-input",
                "-1 is not a valid input dimension: there is nothing to infer it from",
                path=(index,),
                help=Message(
                    SpecOrProgram(Message('use a name for an unknown dimension, such as "T", or "?"'), "use None")
                ),
            )
        )
        # It is unclear whether an unknown size or a number was meant.
        return UNSET
    message = fmt("a dimension must be an integer, or {} if it is unknown, got {}", _UNKNOWN, quote_value(entry))
    meant = UNSET
    if isinstance(entry, float) and entry.is_integer() and entry >= 0:
        meant = int(entry)
    elif isinstance(entry, str) and entry.isdecimal() and len(entry) < 10:
        meant = int(entry)
    help = f"write {meant}" if meant is not UNSET else None
    violations.append(Violation("bad-input", message, path=(index,), help=help))
    return meant


def _dims(sizes: Sizes) -> list[Size]:
    """The sizes of a valid shape."""
    return [
        size if isinstance(size, int) else Dim() if size in (None, UNNAMED, "none") else Dim(size) for size in sizes
    ]


def data_of(tree: Mapping[str, object]) -> dict[str, object]:
    """A table in the form that the reader expects: dicts and lists, with layers and objects unchanged."""
    return to_plain(tree, lambda value: value.written() if isinstance(value, Table) else value)


def _shape_tree(value: Sizes | Input | Mapping[str, object]) -> object:
    return tree_of(value) if isinstance(value, (Input, Mapping)) else ["?" if size is None else size for size in value]


def read_valid(cls: type[Table], data: object) -> object:
    """The keys of a table that is valid; raises `ValidationError` with a line for each violation.

    So a field of this type in a model of the user reports each of them at its location.
    """
    if not isinstance(data, Mapping):
        return data
    violations: list[Violation] = []
    instance = cls.read(data, violations)
    if instance is None:
        raise validation_error(cls, data, violations)
    written: dict[str, object] = instance.written()
    return written
