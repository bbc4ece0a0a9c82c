"""Generates layers and objects as calls, or as statements for base models and frozen stacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from keyword import iskeyword
from typing import Any, TypeGuard

from pydantic.fields import FieldInfo

from seqspec.core.analysis.layer_report import layer_names
from seqspec.core.catalog.activations.base import ActivationFunction
from seqspec.core.catalog.applications.application import Application
from seqspec.core.catalog.keras_object import KerasObject, family_of, given_arguments
from seqspec.core.catalog.layer import InferenceContext, Layer
from seqspec.core.catalog.layer_inference import sublayer_inputs
from seqspec.core.catalog.layers.sequential import Sequential
from seqspec.core.catalog.objects import SCHEDULE, CustomUse, Named
from seqspec.core.catalog.types import PerAxis
from seqspec.core.codegen.expressions import (
    BracketGroup,
    Expression,
    Item,
    ProgramImports,
    call,
    entries,
    lines,
    literal,
    sequence,
    table,
    text,
    with_spellings,
)
from seqspec.core.diagnostics.violation import Path
from seqspec.core.document.custom import CustomLayer
from seqspec.core.language.keys import snake_case
from seqspec.core.shapes.tensor import TensorSpec, public

_BY_NAME = ("initializers", "regularizers", "constraints", "losses", "metrics", "optimizers")
"""The families whose objects Keras accepts by name, as arguments of layers and of `compile`."""


class Objects:
    """Writes the objects of one program, and records their imports."""

    def __init__(self, imports: ProgramImports) -> None:
        self.imports = imports

    def write(self, value: object, spelling: object = None, bare: bool = True) -> Expression:
        """The expression for a value, including lists and tables.

        Args:
            value: The validated value.
            spelling: The value as written in the document, if known.
            bare: Whether an object can be written as a bare name.
        """
        if isinstance(value, Named):
            return text(value.identifier)
        if isinstance(value, CustomUse):
            return self.custom(value, spelling)
        if isinstance(value, ActivationFunction):
            return self.activation(value, spelling)
        if isinstance(value, KerasObject):
            family = family_of(value)
            if bare and family in _BY_NAME and not given_arguments(value) and is_word(spelling):
                return text(spelling)
            arguments = self.arguments(value, spelling)
            module = SCHEDULE.keras_module if family == SCHEDULE.family else f"keras.{family}"
            return call(f"{module}.{type(value).__name__}", arguments)
        if isinstance(value, list):
            return sequence(
                [self.write(entry, item_spelling, bare) for entry, item_spelling in with_spellings(value, spelling)]
            )
        if isinstance(value, Mapping):
            spellings = entries(spelling)
            # Class indices are strings in a document.
            return table({key: self.write(entry, spellings.get(str(key)), bare) for key, entry in value.items()})
        return literal(value, spelling)

    def arguments(self, value: KerasObject, spelling: object) -> list[Item]:
        """The arguments of an object as keywords, except for an obvious positional one."""
        spellings = entries(spelling)
        return arranged(
            value, {key: self.write(entry, spellings.get(key), False) for key, entry in given_arguments(value).items()}
        )

    def activation(self, function: ActivationFunction, spelling: object) -> Expression:
        """The name of an activation; an activation with arguments is written as a layer."""
        return text(spelling if is_word(spelling) else type(function).__name__)

    def custom(self, use: Any, spelling: object) -> Expression:
        """An object of a custom class."""
        return call(self.imports.of(use.definition.target), self.keywords(use.arguments, spelling))

    def keywords(self, values: Mapping[str, object], spelling: object) -> list[Item]:
        """Plain values as keyword arguments."""
        spellings = entries(spelling)
        written = {key: self.write(value, spellings.get(key)) for key, value in values.items()}
        named = {key: value for key, value in written.items() if key.isidentifier() and not iskeyword(key)}
        others = {key: value for key, value in written.items() if key not in named}
        items = [Item(value, f"{key}=") for key, value in named.items()]
        return [*items, Item(table(others), "**")] if others else items


def arranged(value: KerasObject, written: Mapping[str, Expression]) -> list[Item]:
    """The usual form of arguments: a single required argument comes first and is positional.

    So is the `l2` of `L2`; the size of a window stays a keyword, because not every class requires it.
    """
    first = type(value).__name__.lower()
    required = value.required()
    if len(required) == 1 and not _is_per_axis(type(value).model_fields[required[0]]):
        first = required[0]
    items = [Item(entry, f"{key}=") for key, entry in written.items() if key != first]
    return [Item(written[first]), *items] if first in written else items


def is_word(spelling: object) -> TypeGuard[str]:
    """Whether an object is written as a bare name in the document."""
    return isinstance(spelling, str) and spelling.isidentifier()


def _is_per_axis(field: FieldInfo) -> bool:
    """Whether the argument is one size for each spatial axis."""
    return any(isinstance(mark, PerAxis) for mark in field.metadata)


_AUGMENTATIONS = (
    "auto_contrast", "equalization", "random_brightness", "random_color_degeneration", "random_contrast",
    "random_posterization", "random_rotation", "random_sharpness", "random_shear", "random_translation", "solarization",
)  # fmt: skip
_INCEPTION = ("activation", "average_pooling2d", "batch_normalization", "concatenate", "conv2d", "max_pooling2d")
_LAYERS: dict[str, tuple[str, ...]] = {
    "AugMix": _AUGMENTATIONS,
    "GRU": ("gru_cell",),
    "LSTM": ("lstm_cell",),
    "RandAugment": _AUGMENTATIONS,
    "RandomColorJitter": ("random_brightness", "random_contrast", "random_hue", "random_saturation"),
    "RNN": ("stacked_rnn_cells",),
    "SimpleRNN": ("simple_rnn_cell",),
    "TextVectorization": ("string_lookup",),
}
"""The layers that Keras creates inside others with automatic names, by name prefix."""

_APPLICATIONS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("ConvNeXt",): ("add", "layer_normalization"),
    ("DenseNet",): ("zero_padding2d",),
    ("EfficientNet",): ("normalization", "rescaling"),
    ("Inception",): _INCEPTION,
    ("MobileNetV3",): ("activation", "add", "multiply", "re_lu", "rescaling"),
    ("NASNet",): ("activation", "add", "concatenate", "cropping2d", "zero_padding2d"),
    ("ResNet50V2", "ResNet101V2", "ResNet152V2"): ("max_pooling2d",),
    ("Xception",): ("add", "batch_normalization", "conv2d"),
}
"""The same for base models, by name prefix."""


class Names:
    """The automatic names that Keras has generated so far in a program.

    Args:
        layers: All layers of the document, including nested ones. Keras creates hidden layers inside them that use up
            numbers, so layers of the same kind get explicit names.
    """

    def __init__(self, layers: Iterable[Layer]) -> None:
        self._counts: Counter[str] = Counter()
        self._hidden = {stem for layer in layers for stem in hidden_names(layer)}

    def to_write(self, class_name: str, preferred: str) -> str | None:
        """The explicit name of the next object of a class; None if Keras generates the preferred one."""
        stem = snake_case(class_name)
        count = self._counts[stem]
        if stem in self._hidden or preferred != (f"{stem}_{count}" if count else stem):
            return preferred
        self._counts[stem] += 1
        return None


def hidden_names(layer: Layer) -> tuple[str, ...]:
    """The stems of the automatic names of hidden layers inside this one."""
    name = type(layer).__name__
    if isinstance(layer, Application):
        return next((hidden for names, hidden in _APPLICATIONS.items() if name.startswith(names)), ())
    return _LAYERS.get(name, ())


def every_layer(layers: Iterable[Layer]) -> Iterator[Layer]:
    """The layers and all nested ones."""
    for layer in layers:
        yield layer
        for value in given_arguments(layer).values():
            values = value if isinstance(value, list) else [value]
            yield from every_layer(entry for entry in values if isinstance(entry, Layer))


_TUPLES = frozenset({"target_shape", "dims", "noise_shape", "output_shape"})
"""Arguments that are lists in a document and usually tuples in programs."""

_MAX_NAME_LENGTH = 40
"""The maximum length of a layer name that is used for a variable."""


class Layers:
    """Writes the layers of one program.

    Args:
        env: The inference context of the document.
        names: The automatic names that Keras has generated so far.
        imports: The imports of the program.
    """

    def __init__(self, env: InferenceContext, names: Names, imports: ProgramImports) -> None:
        self.env = env
        self.names = names
        self.imports = imports
        self.objects = Objects(imports)
        self.statements: list[str] = []
        """The statements before the model."""
        self._variables: dict[int, str] = {}

    def prepare(self, layer: Layer, name: str, incoming: TensorSpec | None, spelling: object) -> None:
        """Writes the statements for base models and frozen stacks in the layer, at any depth."""
        spellings = entries(spelling)
        for _, entry, inner_name, inner_input, inner_spelling in self._inside(layer, incoming, spellings):
            self.prepare(entry, inner_name, inner_input, inner_spelling)
        if isinstance(layer, Application):
            self._write_statement(layer, name, "base_model", self._application(layer, name, incoming, spellings))
        elif isinstance(layer, Sequential) and not layer.trainable:
            self._write_statement(layer, name, "frozen", self._call(layer, name, incoming, spellings))

    def write(self, layer: Layer, name: str, incoming: TensorSpec | None, spelling: object) -> Expression:
        """The expression for a layer with this name; `incoming` is the input of base models inside."""
        state = self._variables.get(id(layer))
        return self._call(layer, name, incoming, entries(spelling)) if state is None else state

    def _write_statement(self, layer: Layer, name: str, otherwise: str, expression: Expression) -> None:
        short = "name" in given_arguments(layer) and name.isidentifier() and len(name) <= _MAX_NAME_LENGTH
        variable = self._variables[id(layer)] = self.imports.free(name if short else otherwise)
        self.statements += lines(expression, f"{variable} = ")
        if not layer.trainable:
            self.statements.append(f"{variable}.trainable = False")
        self.statements.append("")

    def _call(
        self, layer: Layer, name: str, incoming: TensorSpec | None, spellings: Mapping[str, object]
    ) -> Expression:
        # Python evaluates arguments first, so Keras counts them first.
        written = self._arguments(layer, incoming, spellings)
        if isinstance(layer, CustomLayer):
            custom = layer.definition
            keywords = self.objects.keywords(layer.class_arguments, spellings)
            function = self.imports.of(custom.target)
            items = [*keywords, *(Item(entry, f"{key}=") for key, entry in written.items())]
            return call(function, [*items, *self._name(layer, custom.target.partition(":")[2], name)])
        kind = type(layer).__name__
        if isinstance(layer, Sequential):
            function = "keras.Sequential"
            items = [Item(written.pop("layers"))] if "layers" in written else []
            items += [Item(entry, f"{key}=") for key, entry in written.items() if key != "trainable"]
        else:
            items = arranged(layer, written)
            function = self.imports.layer(kind) if layer.keras_class is None else self.imports.of(layer.keras_class)
            kind = kind if layer.keras_class is None else layer.keras_class.partition(":")[2]
        return call(function, [*items, *self._name(layer, kind, name)])

    def _name(self, layer: Layer, class_name: str, preferred: str) -> list[Item]:
        """The explicit name that the program needs if the document has none."""
        if layer.name is not None:
            return [Item(text(layer.name), "name=")]
        name = self.names.to_write(class_name, preferred)
        return [] if name is None else [Item(text(name), "name=")]

    def _application(
        self, layer: Application, name: str, incoming: TensorSpec | None, spellings: Mapping[str, object]
    ) -> BracketGroup:
        written = {
            key: self.objects.write(value, spellings.get(key))
            for key, value in given_arguments(layer).items()
            if key not in ("name", "trainable", "input_shape")
        }
        shape: tuple[int | None, ...] | None = layer.image_shape
        if shape is None and incoming is not None:
            shape = public(incoming.sample)
        if shape is not None:
            written = {"input_shape": literal(tuple(shape)), **written}
        if "name" in given_arguments(layer) or layer.name is None:
            # Otherwise Keras generates the same name.
            written["name"] = text(name)
        items = [Item(entry, f"{key}=") for key, entry in written.items()]
        return call(f"keras.applications.{type(layer).__name__}", items)

    def _arguments(
        self, layer: Layer, incoming: TensorSpec | None, spellings: Mapping[str, object]
    ) -> dict[str, Expression]:
        inside: dict[str, list[Expression]] = {}
        for key, entry, name, inner_input, inner_spelling in self._inside(layer, incoming, spellings):
            inside.setdefault(key, []).append(self.write(entry, name, inner_input, inner_spelling))
        written: dict[str, Expression] = {}
        for key, value in given_arguments(layer).items():
            if key in ("name", "class_arguments"):
                continue
            if key in inside:
                several = isinstance(value, list)
                tall = isinstance(layer, Sequential) and len(inside[key]) > 1
                written[key] = sequence(inside[key], tall=tall) if several else inside[key][0]
            elif isinstance(value, ActivationFunction) and given_arguments(value):
                written[key] = self._activation(value, layer.dtype, spellings.get(key))
            elif key in _TUPLES and isinstance(value, list):
                written[key] = literal(tuple(value), spellings.get(key))
            else:
                written[key] = self.objects.write(value, spellings.get(key))
        return written

    def _activation(self, function: ActivationFunction, dtype: str | None, spelling: object) -> Expression:
        """The layer for an activation with arguments."""
        assert function.layer is not None
        items = self.objects.arguments(function, spelling)
        name = self.names.to_write(function.layer, snake_case(function.layer))
        items += [] if name is None else [Item(text(name), "name=")]
        items += [] if dtype is None else [Item(text(dtype), "dtype=")]
        return call(self.imports.layer(function.layer), items)

    def _inside(
        self, layer: Layer, incoming: TensorSpec | None, spellings: Mapping[str, object]
    ) -> Iterator[tuple[str, Layer, str, TensorSpec | None, object]]:
        """The nested layers, each with its argument, name, input and expression."""
        inputs: Mapping[Path, TensorSpec] | None = None
        for key, value in given_arguments(layer).items():
            several = isinstance(value, list)
            held = value if isinstance(value, list) else [value]
            if not held or not all(isinstance(entry, Layer) for entry in held):
                continue
            if inputs is None:
                inputs = sublayer_inputs(layer, incoming, self.env)
            held_spellings = [
                item for _, item in with_spellings(held, spellings.get(key) if several else [spellings.get(key)])
            ]
            for index, (entry, name) in enumerate(zip(held, layer_names(held))):
                path = (key, index) if several else (key,)
                yield key, entry, name, inputs.get(path), held_spellings[index]
