"""Declared objects as expressions: initializers, losses, optimizers, ... and classes of the author's own."""

from __future__ import annotations

from collections.abc import Mapping
from keyword import iskeyword
from typing import Any

from pydantic.fields import FieldInfo

from seqspec.catalog.activations.base import Function
from seqspec.catalog.keras_object import KerasObject, given_arguments
from seqspec.catalog.objects import CustomUse, Named
from seqspec.catalog.types import PerAxis
from seqspec.codegen.imports import Imports
from seqspec.codegen.layout import Expression, Item, call, sequence
from seqspec.codegen.values import entries, literal, paired, table, text

_HOMES = {"schedules": "optimizers.schedules"}
_BY_NAME = ("initializers", "regularizers", "constraints", "losses", "metrics", "optimizers")
"""The families whose objects Keras takes by their bare names, as arguments of layers and of `compile`."""


class Objects:
    """Writes the objects of one program, and notes what they need to have imported."""

    def __init__(self, imports: Imports) -> None:
        self.imports = imports

    def write(self, value: Any, spelling: Any = None, bare: bool = True) -> Expression:
        """The expression for a value; lists and tables are gone through.

        Args:
            value: The value as the catalogue has read it.
            spelling: The same as it is in the document, where that is known.
            bare: Whether an object may be given by its name alone.
        """
        if isinstance(value, Named):
            return text(value.identifier)
        if isinstance(value, CustomUse):
            return self.custom(value, spelling)
        if isinstance(value, Function):
            return self.activation(value, spelling)
        if isinstance(value, KerasObject):
            family = type(value).__module__.split(".")[2]
            if bare and family in _BY_NAME and not given_arguments(value) and is_word(spelling):
                return text(spelling)
            arguments = self.arguments(value, spelling)
            return call(f"keras.{_HOMES.get(family, family)}.{type(value).__name__}", arguments)
        if isinstance(value, list):
            return sequence([self.write(entry, word, bare) for entry, word in paired(value, spelling)])
        if isinstance(value, Mapping):
            words = entries(spelling)
            # The numbers of classes are text in a document.
            return table({key: self.write(entry, words.get(str(key)), bare) for key, entry in value.items()})
        return literal(value, spelling)

    def arguments(self, value: KerasObject, spelling: object) -> list[Item]:
        """The arguments of an object, each by its name but for one that goes without saying."""
        words = entries(spelling)
        return arranged(
            value, {key: self.write(entry, words.get(key), False) for key, entry in given_arguments(value).items()}
        )

    def activation(self, function: Function, spelling: Any) -> Expression:
        """The name of an activation; one with arguments is a layer and written with the layers."""
        return text(spelling if is_word(spelling) else type(function).__name__)

    def custom(self, use: Any, spelling: Any) -> Expression:
        """An object of the author's own class."""
        return call(self.imports.of(use.definition.target), self.keywords(use.arguments, spelling))

    def keywords(self, values: Mapping[str, Any], spelling: Any) -> list[Item]:
        """Plain values by their names, whatever these are."""
        words = entries(spelling)
        written = {key: self.write(value, words.get(key)) for key, value in values.items()}
        named = {key: value for key, value in written.items() if key.isidentifier() and not iskeyword(key)}
        others = {key: value for key, value in written.items() if key not in named}
        items = [Item(value, f"{key}=") for key, value in named.items()]
        return [*items, Item(table(others), "**")] if others else items


def arranged(value: KerasObject, written: Mapping[str, Expression]) -> list[Item]:
    """Arguments as Keras users write them: one that is required alone is first and without its name.

    So does the `l2` of `L2`; the size of a window keeps its name, which not every class requires.
    """
    first = type(value).__name__.lower()
    required = value.required()
    if len(required) == 1 and not _is_per_axis(type(value).model_fields[required[0]]):
        first = required[0]
    items = [Item(entry, f"{key}=") for key, entry in written.items() if key != first]
    return [Item(written[first]), *items] if first in written else items


def is_word(spelling: object) -> bool:
    """Whether an object is in the document by its bare name."""
    return isinstance(spelling, str) and spelling.isidentifier()


def _is_per_axis(field: FieldInfo) -> bool:
    """Whether the argument is one size for each spatial axis."""
    return any(isinstance(mark, PerAxis) for mark in field.metadata)
