"""The tables inside `[data]`, `[fit]` and `[save]`: sources, splits, columns, and tables of a single class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seqspec.core.document.base_table import Table
from seqspec.core.document.columns import KINDS, CategoryValues
from seqspec.core.document.data_types import DeclaredTable, JsonTypes, NamedEntries
from seqspec.core.document.sources import SOURCES, SPLITS
from seqspec.core.schema.class_schemas import closed_keys, properties_of, required_of, tagged_definitions
from seqspec.core.schema.descriptions import described, summary
from seqspec.core.schema.dispatch import Branch, dispatch, has_keys
from seqspec.core.schema.value_schema import Schema, ValueSchema, schema_factory, schema_of, strings
from seqspec.core.syntax.directives import SUPPRESSION_KEYS

_TAGGED: Mapping[str, tuple[str, str, str, Mapping[str, type[Table]]]] = {
    "SOURCES": ("type", "Source", "Where samples are read from.", SOURCES),
    "SPLITS": ("by", "Split", "How samples are divided into sets.", SPLITS),
    "KINDS": ("kind", "Column", "What the column holds.", KINDS),
}
"""For the classes of a table with a tag, by their name: the tag, the definition, the description of the tag."""


@schema_factory(DeclaredTable)
def _declared_table(mark: DeclaredTable) -> ValueSchema:
    if mark.tag:
        values = _tagged_table(mark)
    else:
        table = closed_keys(properties_of(mark.declaration()), required_of(mark.declaration()))
        values = ValueSchema("object", table=table, declares=(mark,))
    if mark.short:
        names = strings(*mark.declaration())
        names.choices = {name: summary(kind) for name, kind in mark.declaration().items()}
        values = names | values | schema_of(CategoryValues)
        values = values.named(_TAGGED[mark.name][1], nested=False)
    if mark.strings:
        values = values | strings(*mark.strings)
    return values | ValueSchema(*mark.types) if mark.types else values


def _tagged_table(mark: DeclaredTable) -> ValueSchema:
    _, title, doc, kinds = _TAGGED[mark.name]
    branches = [Branch(f"{title}.{name}", (name,), summary(kind)) for name, kind in kinds.items()]
    return ValueSchema("object", table=dispatch(mark.tag, branches, described(doc)), declares=(mark,))


@schema_factory(JsonTypes)
def _json_types(mark: JsonTypes) -> ValueSchema:
    # Strict editors refuse keys that the schema does not mention.
    return ValueSchema(*mark.types, table={"additionalProperties": True} if "object" in mark.types else None)


@schema_factory(NamedEntries)
def _named_entries(mark: NamedEntries) -> ValueSchema:
    entries = schema_of(mark.entry)
    table: Schema = {
        "properties": dict.fromkeys(SUPPRESSION_KEYS, True),
        "additionalProperties": entries.reference(),
        **({"minProperties": mark.least} if mark.least else {}),
    }
    return ValueSchema("object", table=table, entries=entries)


def required_keys(tag: str, kinds: Mapping[str, type[Table]]) -> Schema:
    """The keys that a table with a tag requires, in a document without `extends`."""
    return {
        "required": [tag],
        "additionalProperties": True,
        "allOf": [
            {
                "if": has_keys({tag: {"const": name}}),
                "then": {"required": list(required_of(kind)), "additionalProperties": True},
            }
            for name, kind in kinds.items()
        ],
    }


def definitions() -> Iterator[tuple[str, Schema]]:
    """The definitions of sources, splits and columns."""
    for tag, title, _, kinds in _TAGGED.values():
        for name, kind in kinds.items():
            keys = {key: schema for key, schema in properties_of(kind).items() if key != tag}
            doc = summary(kind)
            yield from tagged_definitions(f"{title}.{name}", tag, (name,), keys, (), described(doc), doc)
