"""The values that are accepted at one place of a document, by JSON type, and their schema.

A schema that is a union of branches leads to bad messages and slow completion in every editor. A `ValueSchema` is a
union without branches: a list of types and, for each type, the keywords that apply to values of that type only. So the
union of two of them is one again, and a mistake is reported by exactly one keyword.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any, NamedTuple

from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.objects import Family
from seqspec.core.catalog.reading import LayerType
from seqspec.core.document.data_types import DeclaredTable
from seqspec.core.schema import patterns

Schema = dict[str, Any]
Declared = Family | LayerType | DeclaredTable | type[KerasObject]


class ItemSchemas(NamedTuple):
    """The entries of a list: the schema of each, and their number."""

    values: ValueSchema
    least: int = 0
    most: int | None = None


class ValueSchema:
    """The values that are accepted at one place.

    Args:
        types: JSON types, the most common one first; `"string"` accepts any string.
        bounds: `minimum` and the like, for numbers.
        choices: Strings that editors suggest, each with its description or "".
        string_patterns: Patterns of the accepted strings; they must include `choices`.
        items: The entries of a list.
        table: Keywords for tables.
        definition: The name of a definition with this content.
        needs: What a string must be, for editors that show a message of the schema.
        nested: Whether the definition contains tables, which some engines would expand endlessly.
        declares: What a table declares, so that editors know its keys: a family of objects, a layer, or a class.
        entries: The values of a table whose keys are names.
    """

    def __init__(
        self,
        *types: str,
        bounds: Mapping[str, object] | None = None,
        choices: Mapping[str, str] | None = None,
        string_patterns: tuple[str, ...] = (),
        items: ItemSchemas | None = None,
        table: Schema | None = None,
        definition: str = "",
        needs: str = "",
        nested: bool = False,
        declares: tuple[Declared, ...] = (),
        entries: ValueSchema | None = None,
    ) -> None:
        self.types = types
        self.bounds = dict(bounds or {})
        self.choices = dict(choices or {})
        self.string_patterns = string_patterns
        self.items = items
        self.table = table
        self.definition = definition
        self.needs = needs
        self.nested = nested
        self.declares = declares
        self.entries = entries

    def __or__(self, other: ValueSchema) -> ValueSchema:
        """The union of both."""
        types = tuple(dict.fromkeys((*self.types, *other.types)))
        bounds = self.bounds or other.bounds
        if _numeric(self) and _numeric(other):
            bounds = self.bounds if self.bounds == other.bounds else {}
        if "number" in types:
            types = tuple(kind for kind in types if kind != "integer")
        return ValueSchema(
            *types,
            bounds=bounds,
            choices={**self.choices, **other.choices},
            string_patterns=(*self.string_patterns, *other.string_patterns),
            items=_joined(self.items, other.items),
            table=self.table if other.table is None else other.table,
            declares=(*self.declares, *other.declares),
            entries=self.entries or other.entries,
        )

    def or_none(self) -> ValueSchema:
        """The values, or no value: `"none"` or `null`."""
        return self | ValueSchema("null", choices={"none": "Nothing."}, string_patterns=(patterns.NONE,))

    def named(self, definition: str, nested: bool | None = None) -> ValueSchema:
        """The values as a shared definition; `nested` is True for lists and tables if it is not given."""
        values = copy(self)
        values.definition = definition
        values.nested = (self.table is not None or self.items is not None) if nested is None else nested
        NAMED[definition] = values
        return values

    @property
    def any_text(self) -> bool:
        """Whether it accepts any string."""
        return "string" in self.types

    def schema(self, references: bool = True) -> Schema:
        """The schema; with `references`, a reference to a variable is accepted instead of a value."""
        if not self.types and not self.string_patterns:
            return {}
        string_patterns = list(self.string_patterns)
        if references:
            string_patterns.append(patterns.REFERENCE)
            if self.string_patterns:
                string_patterns.append(patterns.INSIDE)
        types = list(self.types)
        if string_patterns and not self.any_text:
            types.append("string")
        # Editors insert a value of the first type.
        by_name = bool(self.choices) and "object" in types
        types.sort(key=lambda kind: (kind == "null", by_name and kind != "string"))
        out: Schema = {"type": types[0] if len(types) == 1 else types, **self.bounds}
        if string_patterns and not self.any_text:
            out["pattern"] = patterns.either(string_patterns)
            if self.needs:
                out["patternErrorMessage"] = f"must be {self.needs}"
        if self.items is not None:
            out["items"] = self.items.values.reference(references)
            if self.items.least:
                out["minItems"] = self.items.least
            if self.items.most is not None:
                out["maxItems"] = self.items.most
        offered: list[object] = []
        if self.table is not None:
            table = dict(self.table)
            offered = table.pop("anyOf", [])[1:]
            out.update(table)
        if self.choices:
            offered.insert(0, enumeration(self.choices))
        if offered:
            # Always true for a validator: it only shows editors what else is accepted.
            out["anyOf"] = [True, *offered]
        return out

    def reference(self, references: bool = True) -> Schema:
        """The schema for use in another schema: a reference to its definition if it has one."""
        if not self.definition:
            return self.schema(references)
        if not self.nested:
            return {"$ref": f"#/$defs/{self.definition}"}
        # Empty `properties` keep engines that expand all levels eagerly from going deeper.
        reference = {"$ref": f"#/$defs/{self.definition}"}
        types = {"type": name} if (name := self.schema(references).get("type")) else {}
        return {**types, "allOf": [reference], "properties": {}, "additionalProperties": True}


OPENINGS = {"string": '"', "array": "[", "object": "{"}
"""The first character of a value by its JSON type; numbers and booleans have none."""

NAMED: dict[str, ValueSchema] = {}
"""The schemas with a shared definition, by its name."""


def enumeration(choices: Mapping[str, str]) -> Schema:
    """An enumeration of strings, with descriptions if there are any."""
    out: Schema = {"enum": list(choices)}
    if any(choices.values()):
        docs = list(choices.values())
        out |= {"enumDescriptions": docs, "x-taplo": {"docs": {"enumValues": docs}}}
    return out


def _numeric(values: ValueSchema) -> bool:
    return "integer" in values.types or "number" in values.types


def _joined(first: ItemSchemas | None, second: ItemSchemas | None) -> ItemSchemas | None:
    if first is None or second is None:
        return first or second
    if first.most is None or second.most is None:
        return ItemSchemas(first.values | second.values, min(first.least, second.least))
    return ItemSchemas(first.values | second.values, min(first.least, second.least), max(first.most, second.most))
