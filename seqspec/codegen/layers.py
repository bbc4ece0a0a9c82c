"""Layers as expressions, and those that a statement of their own makes: base models, and stacks that are frozen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seqspec.analysis.naming import layer_names
from seqspec.catalog.activations.base import Function
from seqspec.catalog.applications.application import Application
from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.keras_object import given_arguments
from seqspec.catalog.layer import Layer
from seqspec.catalog.layers.sequential import Sequential
from seqspec.codegen.imports import Imports
from seqspec.codegen.layout import Expression, Group, Item, call, lines, sequence
from seqspec.codegen.names import Names
from seqspec.codegen.objects import Objects, arranged
from seqspec.codegen.values import entries, literal, paired, text
from seqspec.diagnostics.violation import Path
from seqspec.document.custom_layer import CustomLayer
from seqspec.language.names import snake_case
from seqspec.shapes.dims import public
from seqspec.shapes.tensor import TensorSpec

_TUPLES = frozenset({"target_shape", "dims", "noise_shape", "output_shape"})
"""Arguments that are lists in a document and tuples in everybody's program."""

_MAX_NAME_LENGTH = 40
"""A variable is not named after a layer whose name is longer."""


class Layers:
    """Writes the layers of one program.

    Args:
        env: The surroundings that the document was checked for.
        names: What Keras has counted so far.
        imports: What the program imports.
    """

    def __init__(self, env: InferenceContext, names: Names, imports: Imports) -> None:
        self.env = env
        self.names = names
        self.imports = imports
        self.objects = Objects(imports)
        self.statements: list[str] = []
        """The statements that are before the model."""
        self._made: dict[int, str] = {}

    def prepare(self, layer: Layer, name: str, arriving: TensorSpec | None, spelling: object) -> None:
        """Writes the statements for base models and frozen stacks at this place, be they deep inside of the layer."""
        words = entries(spelling)
        for _, entry, its_name, its_arriving, word in self._inside(layer, arriving, words):
            self.prepare(entry, its_name, its_arriving, word)
        if isinstance(layer, Application):
            self._state(layer, name, "base_model", self._application(layer, name, arriving, words))
        elif isinstance(layer, Sequential) and not layer.trainable:
            self._state(layer, name, "frozen", self._call(layer, name, arriving, words))

    def write(self, layer: Layer, name: str, arriving: TensorSpec | None, spelling: object) -> Expression:
        """The expression for a layer with this name; `arriving` is what base models inside are made for."""
        made = self._made.get(id(layer))
        return self._call(layer, name, arriving, entries(spelling)) if made is None else made

    def _state(self, layer: Layer, name: str, otherwise: str, made: Expression) -> None:
        short = "name" in given_arguments(layer) and name.isidentifier() and len(name) <= _MAX_NAME_LENGTH
        variable = self._made[id(layer)] = self.imports.free(name if short else otherwise)
        self.statements += lines(made, f"{variable} = ")
        if not layer.trainable:
            self.statements.append(f"{variable}.trainable = False")
        self.statements.append("")

    def _call(self, layer: Layer, name: str, arriving: TensorSpec | None, words: Mapping[str, object]) -> Expression:
        # Python makes the arguments first, and Keras counts them first.
        written = self._arguments(layer, arriving, words)
        if isinstance(layer, CustomLayer):
            custom = layer.definition
            own = self.objects.keywords(layer.class_arguments, words)
            function = self.imports.of(custom.target)
            items = [*own, *(Item(entry, f"{key}=") for key, entry in written.items())]
            return call(function, [*items, *self._name(layer, custom.target.partition(":")[2], name)])
        kind = type(layer).__name__
        if isinstance(layer, Sequential):
            function = "keras.Sequential"
            items = [Item(written.pop("layers"))] if "layers" in written else []
            items += [Item(entry, f"{key}=") for key, entry in written.items() if key != "trainable"]
        else:
            items = arranged(layer, written)
            function = self.imports.layer(kind) if layer.builds is None else self.imports.of(layer.builds)
            kind = kind if layer.builds is None else layer.builds.partition(":")[2]
        return call(function, [*items, *self._name(layer, kind, name)])

    def _name(self, layer: Layer, class_name: str, wanted: str) -> list[Item]:
        """The name that a program has to write where the document has none."""
        if layer.name is not None:
            return [Item(text(layer.name), "name=")]
        name = self.names.to_write(class_name, wanted)
        return [] if name is None else [Item(text(name), "name=")]

    def _application(
        self, layer: Application, name: str, arriving: TensorSpec | None, words: Mapping[str, object]
    ) -> Group:
        written = {
            key: self.objects.write(value, words.get(key))
            for key, value in given_arguments(layer).items()
            if key not in ("name", "trainable", "input_shape")
        }
        shape: tuple[int | None, ...] | None = layer.image_shape
        if shape is None and arriving is not None:
            shape = public(arriving.sample)
        if shape is not None:
            written = {"input_shape": literal(tuple(shape)), **written}
        if "name" in given_arguments(layer) or layer.name is None:
            # Else it is the one that Keras chooses by itself.
            written["name"] = text(name)
        items = [Item(entry, f"{key}=") for key, entry in written.items()]
        return call(f"keras.applications.{type(layer).__name__}", items)

    def _arguments(
        self, layer: Layer, arriving: TensorSpec | None, words: Mapping[str, object]
    ) -> dict[str, Expression]:
        inside: dict[str, list[Expression]] = {}
        for key, entry, name, its_arriving, word in self._inside(layer, arriving, words):
            inside.setdefault(key, []).append(self.write(entry, name, its_arriving, word))
        written: dict[str, Expression] = {}
        for key, value in given_arguments(layer).items():
            if key in ("name", "class_arguments"):
                continue
            if key in inside:
                several = isinstance(value, list)
                tall = isinstance(layer, Sequential) and len(inside[key]) > 1
                written[key] = sequence(inside[key], tall=tall) if several else inside[key][0]
            elif isinstance(value, Function) and given_arguments(value):
                written[key] = self._activation(value, layer.dtype, words.get(key))
            elif key in _TUPLES and isinstance(value, list):
                written[key] = literal(tuple(value), words.get(key))
            else:
                written[key] = self.objects.write(value, words.get(key))
        return written

    def _activation(self, function: Function, dtype: str | None, spelling: object) -> Expression:
        """The layer that carries the arguments of an activation."""
        assert function.layer is not None
        items = self.objects.arguments(function, spelling)
        name = self.names.to_write(function.layer, snake_case(function.layer))
        items += [] if name is None else [Item(text(name), "name=")]
        items += [] if dtype is None else [Item(text(dtype), "dtype=")]
        return call(self.imports.layer(function.layer), items)

    def _inside(
        self, layer: Layer, arriving: TensorSpec | None, words: Mapping[str, object]
    ) -> Iterator[tuple[str, Layer, str, TensorSpec | None, Any]]:
        """The layers inside: the argument that holds each, its name, its input, and how it is written."""
        arrives: Mapping[Path, TensorSpec] | None = None
        for key, value in given_arguments(layer).items():
            several = isinstance(value, list)
            held = value if isinstance(value, list) else [value]
            if not held or not all(isinstance(entry, Layer) for entry in held):
                continue
            if arrives is None:
                arrives = self._arrives(layer, arriving)
            words_held = [word for _, word in paired(held, words.get(key) if several else [words.get(key)])]
            for index, (entry, name) in enumerate(zip(held, layer_names(held))):
                path = (key, index) if several else (key,)
                yield key, entry, name, arrives.get(path), words_held[index]

    def _arrives(self, layer: Layer, arriving: TensorSpec | None) -> Mapping[Path, TensorSpec]:
        if arriving is None:
            return {}
        return {inner.path: inner.input for inner in layer.sublayers(layer.cast(arriving, self.env), self.env)}
