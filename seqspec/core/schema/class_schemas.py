"""A Keras class, or a table of the language, as the definition of a closed table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from seqspec.core.catalog.field_kind import FieldKind, kind_of_field
from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.layers.kernel import NotInSpecs
from seqspec.core.schema import patterns
from seqspec.core.schema.descriptions import describe_argument, describe_class, described, json_default, summary
from seqspec.core.schema.dispatch import CLOSED
from seqspec.core.schema.value_schema import Schema, ValueSchema, schema_factory, schema_of_kind

EXTENSION_KEYS = {"^x-": True}
"""Extension keys, which are allowed in every table."""


def extension_key_patterns(keys: Iterable[str]) -> Schema:
    """The pattern properties of a table without further keys: the known keys and extension keys.

    The known keys are in the pattern too, because some engines report an unknown key by quoting the pattern.
    """
    return {f"{patterns.one_of(keys)}|^x-": True}


def properties_of(declared: type[KerasObject]) -> dict[str, Schema]:
    """The arguments of a class with their descriptions and defaults."""
    properties = {
        field.alias or name: property_of(declared, name)
        for name, field in declared.model_fields.items()
        if not is_tag(declared, name)
    }
    for old, new in declared.legacy.items():
        description = f"Deprecated: renamed to {new}." if new else "Deprecated: has no effect."
        properties[old] = {
            **(schema_of_kind(kind_of_field(declared.field_of(new))).reference() if new else {}),
            **described(f"DEPRECATED. {description}"),
            "deprecated": True,
            "deprecationMessage": f"write {new}" if new else "remove it",
        }
    return properties


def required_of(declared: type[KerasObject]) -> tuple[str, ...]:
    """The required keys of a class as a document writes them."""
    return tuple(declared.model_fields[name].alias or name for name in declared.required())


def is_tag(declared: type[KerasObject], name: str) -> bool:
    """Whether a field only distinguishes the class from others, as `kind` of `[target]` does."""
    return name == "kind" and len(kind_of_field(declared.model_fields[name]).choices) == 1


def property_of(declared: type[KerasObject], name: str) -> Schema:
    """One argument."""
    field = declared.model_fields[name]
    kind = kind_of_field(field)
    values = _name_values(kind) if _is_layer_name(declared, name) else schema_of_kind(kind)
    # A plain `$ref` could not carry the description of this argument.
    out = {**describe_argument(field), **(values.reference() if values.nested else values.schema())}
    if kind.mark(NotInSpecs) is not None:
        out["doNotSuggest"] = True
    # tombi does not complete the keys of a table that has a default.
    table = values.table is not None and not values.nested
    if not field.is_required() and not table and (value := json_default(field)) != "none":
        out["default"] = value
    return out


def _is_layer_name(declared: type[KerasObject], name: str) -> bool:
    from seqspec.core.catalog.layer import Layer

    return name == "name" and issubclass(declared, Layer)


def _name_values(kind: FieldKind) -> ValueSchema:
    """A layer name, which must be valid in a path."""
    values = ValueSchema(string_patterns=(patterns.LAYER_NAME,))
    return values | ValueSchema("null") if kind.optional else values


def closed_table(properties: Mapping[str, object], required: Sequence[str], description: Schema) -> Schema:
    """A table with these keys and no others except extension keys."""
    return {**description, "type": "object", **closed_keys(properties, required)}


def closed_keys(properties: Mapping[str, object], required: Sequence[str] = ()) -> Schema:
    """The keywords for the keys of such a table."""
    return {"properties": dict(properties), **_closing(properties, required)}


@schema_factory(KerasObject)
def _table(declared: type[KerasObject]) -> ValueSchema:
    """A table inside another, such as `[data.train]`."""
    return ValueSchema("object", table=closed_keys(properties_of(declared)), declares=(declared,))


def _closing(keys: Iterable[str], required: Sequence[str]) -> Schema:
    needs = {"required": list(required)} if required else {}
    return {**needs, "patternProperties": extension_key_patterns(keys), "additionalProperties": False}


def tagged_definitions(
    definition: str,
    key: str,
    names: Sequence[str],
    properties: Mapping[str, object],
    required: Sequence[str],
    description: Schema,
    doc: str,
    folded: bool = False,
) -> Iterator[tuple[str, Schema]]:
    """The open and the closed definition of a class that is selected by the value of `key`."""
    tag = described(doc, const=names[0])
    keys = {key: tag, **properties}
    yield (
        definition,
        {**description, "type": "object", "properties": keys, "required": [key], "additionalProperties": True},
    )
    if folded or len(names) > 1:
        anyhow = {**keys, key: described(doc, type="string")}
        yield definition + CLOSED, closed_table(anyhow, [key, *required], description)
    else:
        yield definition + CLOSED, {"allOf": [{"$ref": f"#/$defs/{definition}"}], **_closing(keys, [key, *required])}


def class_definitions(
    definition: str,
    declared: type[KerasObject],
    names: Sequence[str],
    extra: Mapping[str, object] | None = None,
    folded: bool = False,
) -> Iterator[tuple[str, Schema]]:
    """The definitions of a class in a table with `type`; `names` holds the canonical name first, then its aliases."""
    properties = {**properties_of(declared), **(extra or {})}
    description = describe_class(declared, tuple(names[1:]))
    yield from tagged_definitions(
        definition, "type", names, properties, declared.required(), description, summary(declared), folded
    )


def custom_class_name(noun: str) -> Schema:
    """The name of a custom class."""
    description = described(f"A custom {noun} declared under [custom].", f"A custom {noun} declared under `[custom]`.")
    return {**description, "type": "string"}


def snippet(declared: type[KerasObject], name: str, tag: str = "type") -> Schema:
    """The snippet that an editor inserts for a class: its name and its required arguments."""
    body: Schema = {tag: name}
    for index, key in enumerate(declared.required(), 1):
        types = schema_of_kind(kind_of_field(declared.model_fields[key])).schema().get("type", "string")
        first = types if isinstance(types, str) else types[0]
        tab_stop = f"${index}"
        forms: dict[str, object] = {
            "integer": f"^{tab_stop}",
            "number": f"^{tab_stop}",
            "boolean": f"^{tab_stop}",
            "array": [f"^{tab_stop}"],
            "object": {"type": tab_stop},
        }
        body[key] = forms.get(first, tab_stop)
    return {"label": name, "description": summary(declared), "body": body}
