"""Generates objects as expressions: initializers, losses, optimizers, ... and custom classes."""

from __future__ import annotations

from collections.abc import Mapping
from keyword import iskeyword
from typing import Any, TypeGuard

from pydantic.fields import FieldInfo

from seqspec.core.catalog.activations.base import ActivationFunction
from seqspec.core.catalog.keras_object import KerasObject, family_of, given_arguments
from seqspec.core.catalog.objects import SCHEDULE, CustomUse, Named
from seqspec.core.catalog.types import PerAxis
from seqspec.core.codegen.imports import ProgramImports
from seqspec.core.codegen.layout import Expression, Item, call, sequence
from seqspec.core.codegen.literals import entries, literal, table, text, with_spellings

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
