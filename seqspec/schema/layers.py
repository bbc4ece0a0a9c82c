"""Layers: every class of the catalogue, uses of blocks and of the author's own classes, and lists of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from seqspec.catalog.activations import ONLY_TYPED
from seqspec.catalog.index import ALIASES, APPLICATIONS, LAYERS, layer_class
from seqspec.catalog.layer import Layer
from seqspec.catalog.reading import LayerType
from seqspec.schema import patterns
from seqspec.schema.annotations import slot_factory, whole
from seqspec.schema.classes import class_definitions, own_class, property_of, snippet
from seqspec.schema.dispatch import Branch, dispatch, having, lacking
from seqspec.schema.slots import Items, Schema, Slot
from seqspec.schema.words import explained, summary

_TYPE = explained(
    "Layer type: a class of keras.layers or keras.applications.",
    "Layer type: a class of `keras.layers` or `keras.applications`.",
)
BLOCK_NAME: Schema = {
    **explained("A block declared under [blocks].", "A block declared under `[blocks]`."),
    "type": "string",
}
USE: Schema = {"$ref": "#/$defs/Name.block"}
CUSTOM: Schema = {"$ref": "#/$defs/Name.layer"}
LIST = Slot("array", items=Items(Slot(definition="Layer")))
"""A stack of layers, with blocks and repetition."""

_NESTED_LIST = Slot("array", items=Items(Slot("object", "string", definition="Layer", nested=True)))

REPETITION: dict[str, Schema] = {
    "repeat": {
        **explained("Number of identical copies. Must be a non-negative integer."),
        **whole(0, 2**31 - 1).place(),
    },
    "for": {
        **explained(
            "A table of lists: one copy for each element, to which the arguments refer by the list's name.",
            'A table of lists: one copy for each element.\n\n`for = { units = [64, 32] }` with `units = "$units"`',
        ),
        **Slot("object", table={"minProperties": 1, "additionalProperties": True}).place(),
    },
}
"""The keys that every entry of a list of layers may have."""


def layer(name: str) -> type[Layer]:
    """The class of a name that is known to be one."""
    found = layer_class(name)
    assert found is not None
    return found


_NEEDS = "the name of a layer that requires no argument, or a table with its type"


@cache
def _names() -> dict[str, tuple[str, ...]]:
    """Every layer in the order of the alphabet, with all of its names."""
    return {name: (name, *(alias for alias, of in ALIASES.items() if of == name)) for name in sorted(LAYERS)}


def _branches() -> list[Branch]:
    return [Branch(f"Layer.{name}", names, summary(layer(name))) for name, names in _names().items()]


@cache
def bare() -> dict[str, str]:
    """The names that may be alone: those of layers that require nothing."""
    free = [name for name in _names() if not layer(name).required()]
    return {name: summary(layer(name)) for name in free}


def _bare_pattern() -> str:
    names = [name for free in bare() for name in _names()[free]]
    return patterns.one_of(names)


@slot_factory(LayerType)
def _layer(mark: LayerType) -> Slot:
    inner = {"$ref": "#/$defs/InnerLayer"}
    table: Schema = {
        "properties": {},
        "additionalProperties": True,
        "allOf": [{"if": {"type": "object"}, "then": inner}],
    }
    return Slot("object", texts=(_bare_pattern(),), table=table, definition="InnerLayer", nested=True)


def entry() -> Schema:
    """An entry of a list of layers."""
    snippets = [snippet(layer(name), name) for name in _names() if name not in APPLICATIONS]
    snippets.append({"label": "use", "description": BLOCK_NAME["description"], "body": {"use": "$1"}})
    out = _table("use", "custom", structure=True)
    out["anyOf"] += [{"$ref": "#/$defs/CustomLayer"}, {"$ref": "#/$defs/Use"}]
    out["allOf"].insert(0, {"if": having({"use": True}), "then": {"$ref": "#/$defs/Use"}})
    slot = Slot("object", words=bare(), texts=(_bare_pattern(),), table=out, needs=_NEEDS)
    return {**explained("A layer."), "defaultSnippets": snippets, **slot.schema()}


def inner() -> Schema:
    """A layer inside another, where neither a block nor a repetition can be."""
    out = _table("custom", structure=False)
    out["allOf"].append({"properties": dict.fromkeys(("use", *REPETITION), False), "additionalProperties": True})
    slot = Slot("object", words=bare(), texts=(_bare_pattern(),), table=out, needs=_NEEDS)
    return {**explained("A nested layer."), **slot.schema()}


def _table(*others: str, structure: bool) -> Schema:
    out = dispatch("type", _branches(), _TYPE, structure=structure)
    # Only the type is among the keys of the table itself: all of those are suggested, whatever the type is.
    later = {"custom": own_class("layer")} | ({"use": {**BLOCK_NAME}, **REPETITION} if "use" in others else {})
    needs_type = {"required": ["type"], "additionalProperties": True}
    of_own = {**having({"custom": True}), "not": {"required": ["type"]}}
    out["allOf"] = [
        {"if": lacking(*others), "then": needs_type},
        {"if": lacking("type"), "then": {"properties": later, "additionalProperties": True}},
        {"if": of_own, "then": {"$ref": "#/$defs/CustomLayer"}},
        *out["allOf"],
    ]
    return out


def common() -> dict[str, Schema]:
    """The arguments that every layer takes."""
    return {name: property_of(Layer, name) for name in Layer.model_fields}


def use() -> Schema:
    """The use of a block, with any parameters."""
    words = explained("A use of a block, with its parameters.")
    return {
        **words,
        "type": "object",
        "properties": {"use": USE, **REPETITION},
        "required": ["use"],
        "additionalProperties": True,
    }


def custom() -> Schema:
    """The use of a layer class of the author's own, with any arguments."""
    words = explained("A custom layer, with its arguments.")
    properties = {"custom": CUSTOM, **common(), **REPETITION}
    return {**words, "type": "object", "properties": properties, "required": ["custom"], "additionalProperties": True}


def definitions() -> Iterator[tuple[str, Schema]]:
    """The definitions of all layers, and of an entry of a list."""
    yield "Layer", entry()
    yield "InnerLayer", inner()
    yield "Name.block", BLOCK_NAME
    yield "Name.layer", own_class("layer")
    yield "Use", use()
    yield "CustomLayer", custom()
    for name, names in _names().items():
        for place, found in class_definitions(f"Layer.{name}", layer(name), names, REPETITION):
            if "layers" in found.get("properties", {}):
                # Blocks and repetition may be in it as in the model's own.
                found["properties"]["layers"] |= {"items": _NESTED_LIST.schema()["items"]}
            yield place, found
    for name in ONLY_TYPED:
        # As an activation it can be neither repeated nor named twice.
        yield from class_definitions(f"Activation.{name}", layer(name), (name,))
