"""Layers: the classes of the catalog, uses of blocks, custom layers, and lists of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from seqspec.core.catalog.activations import TYPED
from seqspec.core.catalog.index import APPLICATIONS, LAYERS, layer_class
from seqspec.core.catalog.layer import Layer
from seqspec.core.catalog.reading import LayerType
from seqspec.core.language.keys import ALIASES
from seqspec.core.schema import patterns
from seqspec.core.schema.class_schemas import class_definitions, custom_class_name, property_of, snippet
from seqspec.core.schema.descriptions import described, summary
from seqspec.core.schema.dispatch import Branch, dispatch, has_keys, lacks_keys
from seqspec.core.schema.value_schema import ItemSchemas, Schema, ValueSchema, integer, schema_factory

_TYPE = described(
    "Layer type: a class of keras.layers or keras.applications.",
    "Layer type: a class of `keras.layers` or `keras.applications`.",
)
BLOCK_NAME: Schema = described("A block declared under [blocks].", "A block declared under `[blocks]`.", type="string")
USE: Schema = {"$ref": "#/$defs/Name.block"}
CUSTOM: Schema = {"$ref": "#/$defs/Name.layer"}
LIST = ValueSchema("array", items=ItemSchemas(ValueSchema(definition="Layer")))
"""A stack of layers, with blocks and repetition."""

_NESTED_LIST = ValueSchema("array", items=ItemSchemas(ValueSchema("object", "string", definition="Layer", nested=True)))

REPETITION: dict[str, Schema] = {
    "repeat": described(
        "Number of identical copies. Must be a non-negative integer.", **integer(0, 2**31 - 1).reference()
    ),
    "for": described(
        "A table of lists: one copy for each element, to which the arguments refer by the list's name.",
        'A table of lists: one copy for each element.\n\n`for = { units = [64, 32] }` with `units = "$units"`',
        **ValueSchema("object", table={"minProperties": 1, "additionalProperties": True}).reference(),
    ),
}
"""The keys that every entry of a list of layers accepts."""


def layer(name: str) -> type[Layer]:
    """The layer class with this name, which must exist."""
    declared = layer_class(name)
    assert declared is not None
    return declared


_NEEDS = "the name of a layer that requires no argument, or a table with its type"


@cache
def _names() -> dict[str, tuple[str, ...]]:
    """All layers in alphabetical order, with all of their names."""
    return {name: (name, *(alias for alias, of in ALIASES.items() if of == name)) for name in sorted(LAYERS)}


def _branches() -> list[Branch]:
    return [Branch(f"Layer.{name}", names, summary(layer(name))) for name, names in _names().items()]


@cache
def layers_without_arguments() -> dict[str, str]:
    """The names of layers without required arguments, which need no table."""
    free = [name for name in _names() if not layer(name).required()]
    return {name: summary(layer(name)) for name in free}


def _bare_pattern() -> str:
    names = [name for free in layers_without_arguments() for name in _names()[free]]
    return patterns.one_of(names)


@schema_factory(LayerType)
def _layer(mark: LayerType) -> ValueSchema:
    inner = {"$ref": "#/$defs/InnerLayer"}
    table: Schema = {
        "properties": {},
        "additionalProperties": True,
        "allOf": [{"if": {"type": "object"}, "then": inner}],
    }
    return ValueSchema(
        "object",
        string_patterns=(_bare_pattern(),),
        table=table,
        definition="InnerLayer",
        nested=True,
        declares=(mark,),
    )


def entry() -> Schema:
    """An entry of a list of layers."""
    snippets = [snippet(layer(name), name) for name in _names() if name not in APPLICATIONS]
    snippets.append({"label": "use", "description": BLOCK_NAME["description"], "body": {"use": "$1"}})
    out = _table("use", "custom", structure=True)
    out["anyOf"] += [{"$ref": "#/$defs/CustomLayer"}, {"$ref": "#/$defs/Use"}]
    out["allOf"].insert(0, {"if": has_keys({"use": True}), "then": {"$ref": "#/$defs/Use"}})
    return described("A layer.", defaultSnippets=snippets, **_table_or_name(out))


def inner() -> Schema:
    """A layer inside another one, where blocks and repetition are not allowed."""
    out = _table("custom", structure=False)
    out["allOf"].append({"properties": dict.fromkeys(("use", *REPETITION), False), "additionalProperties": True})
    return described("A nested layer.", **_table_or_name(out))


def _table_or_name(table: Schema) -> Schema:
    """A layer as a table, or the name of one that needs no arguments."""
    names = layers_without_arguments()
    return ValueSchema("object", choices=names, string_patterns=(_bare_pattern(),), table=table, needs=_NEEDS).schema()


def _table(*others: str, structure: bool) -> Schema:
    out = dispatch("type", _branches(), _TYPE, structure=structure)
    # Only `type` is a property of the table itself, because editors suggest these whatever the type is.
    later = {"custom": custom_class_name("layer")} | ({"use": {**BLOCK_NAME}, **REPETITION} if "use" in others else {})
    needs_type = {"required": ["type"], "additionalProperties": True}
    of_own = {**has_keys({"custom": True}), "not": {"required": ["type"]}}
    out["allOf"] = [
        {"if": lacks_keys(*others), "then": needs_type},
        {"if": lacks_keys("type"), "then": {"properties": later, "additionalProperties": True}},
        {"if": of_own, "then": {"$ref": "#/$defs/CustomLayer"}},
        *out["allOf"],
    ]
    return out


def common() -> dict[str, Schema]:
    """The arguments that every layer accepts."""
    return {name: property_of(Layer, name) for name in Layer.model_fields}


def block_use_schema() -> Schema:
    """The use of a block, with any parameters."""
    description = described("A use of a block, with its parameters.")
    return {
        **description,
        "type": "object",
        "properties": {"use": USE, **REPETITION},
        "required": ["use"],
        "additionalProperties": True,
    }


def custom() -> Schema:
    """The use of a custom layer, with any arguments."""
    description = described("A custom layer, with its arguments.")
    properties = {"custom": CUSTOM, **common(), **REPETITION}
    return {
        **description,
        "type": "object",
        "properties": properties,
        "required": ["custom"],
        "additionalProperties": True,
    }


def definitions() -> Iterator[tuple[str, Schema]]:
    """The definitions of all layers, and of an entry of a list."""
    yield "Layer", entry()
    yield "InnerLayer", inner()
    yield "Name.block", BLOCK_NAME
    yield "Name.layer", custom_class_name("layer")
    yield "Use", block_use_schema()
    yield "CustomLayer", custom()
    for name, names in _names().items():
        for definition_name, definition in class_definitions(f"Layer.{name}", layer(name), names, REPETITION):
            if "layers" in definition.get("properties", {}):
                # Blocks and repetition are allowed in it, as in the model.
                definition["properties"]["layers"] |= {"items": _NESTED_LIST.schema()["items"]}
            yield definition_name, definition
    for name in TYPED:
        # As an activation, it cannot be repeated.
        yield from class_definitions(f"Activation.{name}", layer(name), (name,))
