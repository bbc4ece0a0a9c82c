"""The tables of a document: `model`, `target`, `compile`, ..., and the language's own: `vars`, `blocks`, `custom`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seqspec.core.catalog.dtypes import DTYPES, DTypeName
from seqspec.core.catalog.index import LAYERS
from seqspec.core.catalog.objects import OWN_KINDS
from seqspec.core.document.base_table import Table
from seqspec.core.document.blocks import Block
from seqspec.core.document.columns import KINDS as COLUMN_KINDS
from seqspec.core.document.custom import KINDS as CUSTOM_KINDS
from seqspec.core.document.custom import CustomClass
from seqspec.core.document.data import SETS, Data
from seqspec.core.document.outputs import OUTPUT_KEYS
from seqspec.core.document.runtime import Runtime
from seqspec.core.document.search import Search
from seqspec.core.document.sources import SOURCES, SPLITS
from seqspec.core.document.target import KINDS
from seqspec.core.document.training_tables import Compile, Fit
from seqspec.core.language.keys import ALIASES
from seqspec.core.language.version import LATEST
from seqspec.core.schema import patterns
from seqspec.core.schema.class_schemas import (
    EXTENSION_KEYS,
    closed_keys,
    closed_table,
    extension_key_patterns,
    properties_of,
    tagged_definitions,
)
from seqspec.core.schema.data_schemas import required_keys
from seqspec.core.schema.descriptions import described, summary
from seqspec.core.schema.dispatch import Branch, dispatch, has_keys, lacks_keys
from seqspec.core.schema.layer_schemas import LIST
from seqspec.core.schema.value_schema import SIZE, ItemSchemas, Schema, ValueSchema, integer, schema_of, strings

_MAX_AXES = 63


def document_keys() -> dict[str, Schema]:
    """All top-level keys."""
    return {
        "seqspec": described("The version of the language.", const=LATEST, default=LATEST),
        "$schema": described("The schema for editors; ignored by seqspec.", type="string"),
        "keras": described(
            'Supported Keras versions, such as ">=3.13".',
            'Supported Keras versions, such as `">=3.13"`.',
            type="string",
            pattern=patterns.VERSIONS,
        ),
        "extends": described("Base spec that this one extends, as a path relative to this file.", type="string"),
        "vars": described(
            'Named values, referenced as "$name".',
            'Named values, referenced as `"$name"`.',
            type="object",
            propertyNames={"pattern": patterns.VARIABLE},
            additionalProperties=True,
        ),
        "blocks": described(
            "Lists of layers with parameters, inserted with use.",
            _BLOCKS,
            type="object",
            patternProperties=EXTENSION_KEYS,
            additionalProperties={"$ref": "#/$defs/Block"},
        ),
        "custom": described(
            "Custom classes, by name.",
            type="object",
            propertyNames={"pattern": patterns.CLASS_NAME},
            patternProperties=EXTENSION_KEYS,
            additionalProperties={"$ref": "#/$defs/Custom"},
        ),
        "model": _place("Model"),
        "target": _place("Target"),
        "compile": _place("Compile"),
        "fit": _one_or_several("Fit", "Arguments of Model.fit; a list of tables defines training stages."),
        "data": _place("Data"),
        "runtime": _place("Runtime"),
        **{key: _place(table.__name__) for key, table in OUTPUT_KEYS.items()},
        "export": _one_or_several("Export", "Export for inference; a list of tables defines several exports."),
        "search": _place("Search"),
        "override": described(
            "Changes to layers, selected by name.",
            _OVERRIDE,
            type="object",
            properties={
                "layers": described(
                    "Layer names, each with the arguments to change.",
                    type="object",
                    additionalProperties={"type": "object", "additionalProperties": True},
                )
            },
            patternProperties=extension_key_patterns(["layers"]),
            additionalProperties=False,
        ),
    }


_BLOCKS = 'Lists of layers with parameters.\n\n`{ use = "name", ... }` inserts one into the model.'
_OVERRIDE = "Changes to layers, selected by name.\n\n`[override.layers.head]` with `units = 5`"


def _unfolded(name: str) -> Schema:
    return {
        "properties": {},
        "additionalProperties": True,
        "allOf": [{"if": {"type": "object"}, "then": {"$ref": f"#/$defs/{name}"}}],
        "anyOf": [True, {"$ref": f"#/$defs/{name}"}],
    }


def _one_or_several(name: str, doc: str) -> Schema:
    """A table with a definition, or a list of such tables."""
    values = ValueSchema(
        "object", "array", items=ItemSchemas(ValueSchema(definition=name, nested=True)), table=_unfolded(name)
    )
    return described(doc, **values.schema())


def _description(table: type[Table], field: str, /, **keywords: object) -> Schema:
    return described(table.model_fields[field].description or "", **keywords)


def _place(name: str) -> Schema:
    """A reference to the definition of a table; tombi finds the class only if the reference has no other keywords."""
    return {"$ref": f"#/$defs/{name}"}


def _table(table: type[Table]) -> Schema:
    """A table whose keys are declared; required keys may be inherited with `extends`."""
    body = closed_keys(properties_of(table))
    return described(summary(table), **ValueSchema("object", table=body).schema())


def _target() -> Schema:
    branches = [Branch(f"Target.{kind}", (kind,), summary(table)) for kind, table in KINDS.items()]
    body = dispatch("kind", branches, described("The kind of label."))
    return described("Format of one label.", **ValueSchema("object", table=body).schema())


def _model() -> Schema:
    name = ValueSchema("null", string_patterns=(patterns.LAYER_NAME,)).schema()
    shape = ValueSchema("array", items=ItemSchemas(SIZE, 0, _MAX_AXES))
    flag = {"anyOf": [True, {"type": "boolean"}]}
    long = closed_keys(
        {
            "shape": described(
                'The shape of one sample, without the batch size: [28, 28, 1], ["T", 64].', **shape.schema()
            ),
            "dtype": described("Dtype of the input.", **schema_of(DTypeName).schema(), default="float32"),
            "batch_size": described("Fixed batch size.", **integer(0).or_none().schema()),
            "name": described("Name of the input.", **name),
            "sparse": described("Whether the input is a sparse tensor.", default=False, **flag),
            "ragged": described("Whether the input is a ragged tensor.", default=False, **flag),
        },
        ("shape",),
    )
    doc = 'The shape of one sample, without the batch size: [28, 28, 1], ["T", 64]; or a table with shape, dtype, ...'
    marked = (
        'The shape of one sample, without the batch size: `[28, 28, 1]`, `["T", 64]`.\n\nOr a table with `shape`, ...'
    )
    properties = {
        "name": described("Name of the model.", **name),
        "input": described(doc, marked, **(shape | ValueSchema("object", table=long)).schema()),
        "layers": described("The layers, in order.", **LIST.schema()),
    }
    body = closed_keys(properties)
    return described("The model.", **ValueSchema("object", table=body).schema())


def _block() -> Schema:
    parameters = _description(
        Block,
        "params",
        type="object",
        propertyNames={"allOf": [{"pattern": patterns.VARIABLE}, {"not": {"enum": ["use", "for", "repeat"]}}]},
        additionalProperties=True,
    )
    layers = _description(Block, "layers", type="array", items=LIST.schema()["items"])
    return closed_table(
        {"params": parameters, "layers": layers}, (), described("A block: a list of layers with parameters.")
    )


def _custom() -> Schema:
    size = ValueSchema("null", "integer", bounds={"minimum": 0}, string_patterns=(patterns.DIMENSION,))
    count = ValueSchema("integer", "string", bounds={"minimum": 0})
    like = closed_keys(
        {"like": described("Keras layer whose output shape rule is used.", **strings(*LAYERS, *ALIASES).schema(False))},
        ("like",),
    )
    of_layers: dict[str, Schema] = {
        "input_shape": _description(
            CustomClass, "input_shape", **ValueSchema("array", items=ItemSchemas(size)).schema(False)
        ),
        "output_shape": _description(
            CustomClass,
            "output_shape",
            **(strings("same") | ValueSchema("array", "object", items=ItemSchemas(count), table=like)).schema(False),
            default="same",
        ),
        "params": _description(CustomClass, "params", **count.schema(False)),
        "dtype": _description(CustomClass, "dtype", **strings(*sorted(DTYPES)).schema(False)),
        "supports_masking": _description(CustomClass, "supports_masking", type="boolean", default=False),
    }
    kind = _description(CustomClass, "kind", enum=list(CUSTOM_KINDS), default="layer")
    properties = {
        "import": _description(CustomClass, "import_", type="string", pattern=patterns.IMPORT),
        "kind": kind,
        "args": _description(CustomClass, "args", type="object", additionalProperties=True),
        **of_layers,
    }
    out = closed_table(properties, (), described("A custom class."))
    others = {"type": "object", "properties": {"kind": {"enum": [*OWN_KINDS]}}, "required": ["kind"]}
    refused = {"properties": dict.fromkeys(of_layers, False), "additionalProperties": True}
    return {**out, "allOf": [{"if": {**others, "additionalProperties": True}, "then": refused}]}


def complete() -> Schema:
    """The required keys of a document without `extends`."""
    tables: dict[str, list[str]] = {"model": ["layers"], "target": ["kind"]}
    outputs: dict[str, type[Table]] = {**OUTPUT_KEYS, "search": Search}
    for key, table in outputs.items():
        if table.required():
            tables[key] = list(table.required())
    needed: dict[str, Schema] = {
        key: {"required": names, "additionalProperties": True} for key, names in tables.items()
    }
    needed["target"]["allOf"] = [
        {
            "if": has_keys({"kind": {"const": kind}}),
            "then": {"required": list(table.required()), "additionalProperties": True},
        }
        for kind, table in KINDS.items()
        if table.required()
    ]
    source = required_keys("type", SOURCES)
    needed["data"] = {
        "properties": {
            "source": source,
            "split": required_keys("by", SPLITS),
            "columns": {"additionalProperties": required_keys("kind", COLUMN_KINDS)},
            **{name: {"properties": {"source": source}, "additionalProperties": True} for name in SETS},
        },
        "additionalProperties": True,
    }
    needed["blocks"] = _each(["layers"])
    needed["custom"] = _each(["import"])
    return {"required": ["model"], "properties": needed, "additionalProperties": True}


def _each(required: list[str]) -> Schema:
    return {
        "patternProperties": EXTENSION_KEYS,
        "additionalProperties": {"required": required, "additionalProperties": True},
    }


def root(definitions: Mapping[str, object]) -> Schema:
    """The keywords for the document itself."""
    keys = document_keys()
    return {
        "type": "object",
        "properties": keys,
        "required": ["seqspec"],
        "patternProperties": extension_key_patterns(keys),
        "additionalProperties": False,
        "allOf": [{"if": lacks_keys("extends"), "then": complete()}],
        "$defs": dict(definitions),
    }


def definitions() -> Iterator[tuple[str, Schema]]:
    """The definitions of the tables."""
    yield "Model", _model()
    yield "Target", _target()
    for kind, table in KINDS.items():
        doc = summary(table)
        yield from tagged_definitions(f"Target.{kind}", "kind", (kind,), properties_of(table), (), described(doc), doc)
    tables: tuple[type[Table], ...] = (Compile, Fit, Data, Runtime, *OUTPUT_KEYS.values(), Search)
    for declared in tables:
        yield declared.__name__, _table(declared)
    yield "Block", _block()
    yield "Custom", _custom()
