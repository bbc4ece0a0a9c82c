"""What may be at one place of a document, by JSON type, and how a schema says it.

A schema that is a union of branches returns bad messages and slow completion in every editor. A `Slot` is a union
without branches: one list of types, and for each type the keywords that only look at values of that type. So the union
of two slots is a slot again, and a mistake is reported at its place, by the one keyword that it breaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from seqspec.schema import patterns

Schema = dict[str, Any]


class Items(NamedTuple):
    """The entries of a list: what each is, and how many there may be."""

    slot: Slot
    least: int = 0
    most: int | None = None


class Slot:
    """What may be at one place.

    Args:
        types: JSON types, the usual one first; `"string"` among them takes any string.
        bounds: `minimum` and the like, for numbers.
        words: Strings that editors offer, each with its explanation or "".
        texts: Patterns of the strings that are taken; those of `words` are not among them of themselves.
        items: The entries of a list.
        table: Keywords for tables.
        definition: The name of a definition that holds all of this.
        needs: What a string has to be, where an editor can say it in words of its own.
        nested: Whether the definition leads to tables, which some engines would follow without end.
    """

    def __init__(
        self,
        *types: str,
        bounds: Mapping[str, Any] | None = None,
        words: Mapping[str, str] | None = None,
        texts: tuple[str, ...] = (),
        items: Items | None = None,
        table: Schema | None = None,
        definition: str = "",
        needs: str = "",
        nested: bool = False,
    ) -> None:
        self.types = types
        self.bounds = dict(bounds or {})
        self.words = dict(words or {})
        self.texts = texts
        self.items = items
        self.table = table
        self.definition = definition
        self.needs = needs
        self.nested = nested

    def __or__(self, other: Slot) -> Slot:
        """Everything that one of the two takes."""
        types = tuple(dict.fromkeys((*self.types, *other.types)))
        bounds = self.bounds or other.bounds
        if _numeric(self) and _numeric(other):
            bounds = self.bounds if self.bounds == other.bounds else {}
        if "number" in types:
            types = tuple(kind for kind in types if kind != "integer")
        return Slot(
            *types,
            bounds=bounds,
            words={**self.words, **other.words},
            texts=(*self.texts, *other.texts),
            items=_joined(self.items, other.items),
            table=self.table if other.table is None else other.table,
        )

    def or_none(self) -> Slot:
        """The same, or nothing: `"none"`, `null`."""
        return self | Slot("null", words={"none": "Nothing."}, texts=(patterns.NONE,))

    def named(self, definition: str, nested: bool | None = None) -> Slot:
        """The same, as a definition that is written once; `nested` as for a new one, True for lists and tables."""
        made = Slot(
            *self.types,
            bounds=self.bounds,
            words=self.words,
            texts=self.texts,
            items=self.items,
            table=self.table,
            definition=definition,
            needs=self.needs,
            nested=(self.table is not None or self.items is not None) if nested is None else nested,
        )
        NAMED[definition] = made
        return made

    @property
    def any_text(self) -> bool:
        """Whether it takes any string."""
        return "string" in self.types

    def schema(self, references: bool = True) -> Schema:
        """The schema of it; with `references`, one to a variable may be instead of any value."""
        if not self.types and not self.texts:
            return {}
        texts = list(self.texts)
        if references:
            texts.append(patterns.REFERENCE)
            if self.texts:
                texts.append(patterns.INSIDE)
        types = list(self.types)
        if texts and not self.any_text:
            types.append("string")
        # Editors insert a value of the first type.
        by_name = bool(self.words) and "object" in types
        types.sort(key=lambda kind: (kind == "null", by_name and kind != "string"))
        out: Schema = {"type": types[0] if len(types) == 1 else types, **self.bounds}
        if texts and not self.any_text:
            out["pattern"] = patterns.either(texts)
            if self.needs:
                out["patternErrorMessage"] = f"must be {self.needs}"
        if self.items is not None:
            out["items"] = self.items.slot.place(references)
            if self.items.least:
                out["minItems"] = self.items.least
            if self.items.most is not None:
                out["maxItems"] = self.items.most
        offered: list[Any] = []
        if self.table is not None:
            table = dict(self.table)
            offered = table.pop("anyOf", [])[1:]
            out.update(table)
        if self.words:
            offered.insert(0, enumeration(self.words))
        if offered:
            # Always true: it says to editors what else there is, and nothing to a validator.
            out["anyOf"] = [True, *offered]
        return out

    def place(self, references: bool = True) -> Schema:
        """The schema where a document holds it: a reference to its definition, where it has one."""
        if not self.definition:
            return self.schema(references)
        if not self.nested:
            return {"$ref": f"#/$defs/{self.definition}"}
        # Empty `properties` keep engines that unfold every level at once from going further.
        reference = {"$ref": f"#/$defs/{self.definition}"}
        types = {"type": found} if (found := self.schema(references).get("type")) else {}
        return {**types, "allOf": [reference], "properties": {}, "additionalProperties": True}


NAMED: dict[str, Slot] = {}
"""The slots that have been given a definition, by its name."""


def enumeration(words: Mapping[str, str]) -> Schema:
    """Words that an editor offers, with their explanations where there are any."""
    out: Schema = {"enum": list(words)}
    if any(words.values()):
        docs = list(words.values())
        out |= {"enumDescriptions": docs, "x-taplo": {"docs": {"enumValues": docs}}}
    return out


def _numeric(slot: Slot) -> bool:
    return "integer" in slot.types or "number" in slot.types


def _joined(one: Items | None, other: Items | None) -> Items | None:
    if one is None or other is None:
        return one or other
    if one.most is None or other.most is None:
        return Items(one.slot | other.slot, min(one.least, other.least))
    return Items(one.slot | other.slot, min(one.least, other.least), max(one.most, other.most))
