"""A Keras class, or a table of the language, as the definition of a closed table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, get_args, get_origin

from seqspec.catalog.keras_object import KerasObject
from seqspec.catalog.layers.lora import NotInSpecs
from seqspec.catalog.markers import field_type, without_none
from seqspec.schema import patterns
from seqspec.schema.annotations import slot_factory, slot_of
from seqspec.schema.dispatch import CLOSED
from seqspec.schema.slots import Schema, Slot
from seqspec.schema.words import argument_words, class_words, default, explained, summary

OWN_KEYS = {"^x-": True}
"""Keys that begin with `x-` are the author's own, in every table."""


def free_keys(known: Iterable[str]) -> Schema:
    """The same in a table that has no other keys than those known.

    They are in the pattern too, since some engines report a wrong key by the pattern that it does not fit.
    """
    return {f"{patterns.one_of(known)}|^x-": True}


def properties_of(declared: type[KerasObject]) -> dict[str, Schema]:
    """The arguments of a class, each with its explanation and its default."""
    found = {name: property_of(declared, name) for name in declared.model_fields if not is_tag(declared, name)}
    for old, new in declared.legacy.items():
        words = f"Deprecated: renamed to {new}." if new else "Deprecated: has no effect."
        found[old] = {
            **(slot_of(field_type(declared.model_fields[new])).place() if new else {}),
            **explained(f"DEPRECATED. {words}"),
            "deprecated": True,
            "deprecationMessage": f"write {new}" if new else "remove it",
        }
    return found


def is_tag(declared: type[KerasObject], name: str) -> bool:
    """Whether a field only reports the class from others, as `kind` of `[target]` does."""
    return (
        get_origin(declared.model_fields[name].annotation) is Literal
        and len(get_args(declared.model_fields[name].annotation)) == 1
        and name == "kind"
    )


def property_of(declared: type[KerasObject], name: str) -> Schema:
    """One argument."""
    field = declared.model_fields[name]
    annotation = field_type(field)
    slot = _named_slot(annotation) if _is_layer_name(declared, name) else slot_of(annotation)
    # A definition that is only referred to could not be explained here.
    out = {**argument_words(field), **(slot.place() if slot.nested else slot.schema())}
    if any(isinstance(mark, NotInSpecs) for mark in field.metadata):
        out["doNotSuggest"] = True
    # Beside a default, tombi does not look at what a table could hold.
    table = slot.table is not None and not slot.nested
    if not field.is_required() and not table and (value := default(field)) != "none":
        out["default"] = value
    return out


def _is_layer_name(declared: type[KerasObject], name: str) -> bool:
    from seqspec.catalog.layer import Layer

    return name == "name" and issubclass(declared, Layer)


def _named_slot(annotation: object) -> Slot:
    """A name that Keras turns into a path."""
    slot = Slot(texts=(patterns.LAYER_NAME,))
    return slot | Slot("null") if without_none(annotation)[2] else slot


def closed(properties: Mapping[str, object], required: Sequence[str], words: Schema) -> Schema:
    """A table with these keys and no others, but for those of the author's own."""
    return {**words, "type": "object", "properties": dict(properties), **_closing(properties, required)}


@slot_factory(KerasObject)
def _table(declared: type[KerasObject]) -> Slot:
    """A table inside another, such as `[data.train]`."""
    table = closed(properties_of(declared), (), {})
    del table["type"]
    return Slot("object", table=table)


def _closing(keys: Iterable[str], required: Sequence[str]) -> Schema:
    needs = {"required": list(required)} if required else {}
    return {**needs, "patternProperties": free_keys(keys), "additionalProperties": False}


def alternative(
    place: str,
    key: str,
    names: Sequence[str],
    properties: Mapping[str, object],
    required: Sequence[str],
    words: Schema,
    doc: str,
    folded: bool = False,
) -> Iterator[tuple[str, Schema]]:
    """The two definitions of a class that `key` reports from others, the open one and the closed one."""
    tag = {**explained(doc), "const": names[0]}
    keys = {key: tag, **properties}
    yield place, {**words, "type": "object", "properties": keys, "required": [key], "additionalProperties": True}
    if folded or len(names) > 1:
        anyhow = {**keys, key: {**explained(doc), "type": "string"}}
        yield place + CLOSED, closed(anyhow, [key, *required], words)
    else:
        yield place + CLOSED, {"allOf": [{"$ref": f"#/$defs/{place}"}], **_closing(keys, [key, *required])}


def class_definitions(
    place: str,
    declared: type[KerasObject],
    names: Sequence[str],
    extra: Mapping[str, object] | None = None,
    folded: bool = False,
) -> Iterator[tuple[str, Schema]]:
    """The definitions of a class in a table with `type`; `names` are all that name it, the usual one first."""
    properties = {**properties_of(declared), **(extra or {})}
    words = class_words(declared, tuple(names[1:]))
    yield from alternative(place, "type", names, properties, declared.required(), words, summary(declared), folded)


def own_class(noun: str) -> Schema:
    """The name of a class of the author's own."""
    words = explained(f"A custom {noun} declared under [custom].", f"A custom {noun} declared under `[custom]`.")
    return {**words, "type": "string"}


def snippet(declared: type[KerasObject], name: str, tag: str = "type") -> Schema:
    """What an editor inserts for a class: its name and the arguments that it requires."""
    body: Schema = {tag: name}
    for index, key in enumerate(declared.required(), 1):
        types = slot_of(field_type(declared.model_fields[key])).schema().get("type", "string")
        first = types if isinstance(types, str) else types[0]
        place = f"${index}"
        forms: dict[str, object] = {
            "integer": f"^{place}",
            "number": f"^{place}",
            "boolean": f"^{place}",
            "array": [f"^{place}"],
            "object": {"type": place},
        }
        body[key] = forms.get(first, place)
    return {"label": name, "description": summary(declared), "body": body}
