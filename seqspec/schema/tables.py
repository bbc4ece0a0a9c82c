"""The tables of a document: `model`, `target`, `compile`, ..., and the language's own: `vars`, `blocks`, `custom`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seqspec.catalog.dtypes import DTYPES, DTypeName
from seqspec.catalog.index import ALIASES, LAYERS
from seqspec.document.blocks import Block
from seqspec.document.custom import KINDS as CUSTOM_KINDS
from seqspec.document.custom import CustomClass
from seqspec.document.data import Data
from seqspec.document.outputs import OUTPUT_KEYS
from seqspec.document.runtime import Runtime
from seqspec.document.table import Table
from seqspec.document.target import KINDS
from seqspec.document.training import Compile, Fit
from seqspec.language.version import LATEST
from seqspec.schema import patterns
from seqspec.schema.annotations import SIZE, slot_of, whole, words
from seqspec.schema.classes import OWN_KEYS, alternative, closed, free_keys, properties_of
from seqspec.schema.dispatch import Branch, dispatch, having, lacking
from seqspec.schema.layers import LIST
from seqspec.schema.slots import Items, Schema, Slot
from seqspec.schema.words import explained, summary

_MAX_AXES = 63


def document_keys() -> dict[str, Schema]:
    """Every key of the top level."""
    return {
        "seqspec": {**explained("The version of the language."), "const": LATEST, "default": LATEST},
        "$schema": {**explained("The schema for editors; ignored by seqspec."), "type": "string"},
        "keras": {
            **explained(
                'Supported Keras versions, such as ">=3.13".',
                'Supported Keras versions, such as `">=3.13"`.',
            ),
            "type": "string",
            "pattern": patterns.VERSIONS,
        },
        "extends": {
            **explained("Base spec that this one extends, as a path relative to this file."),
            "type": "string",
        },
        "vars": {
            **explained('Named values, referenced as "$name".', 'Named values, referenced as `"$name"`.'),
            "type": "object",
            "propertyNames": {"pattern": patterns.VARIABLE},
            "additionalProperties": True,
        },
        "blocks": {
            **explained("Lists of layers with parameters, inserted with use.", _BLOCKS),
            "type": "object",
            "patternProperties": OWN_KEYS,
            "additionalProperties": {"$ref": "#/$defs/Block"},
        },
        "custom": {
            **explained("Custom classes, by name."),
            "type": "object",
            "propertyNames": {"pattern": patterns.CLASS_NAME},
            "patternProperties": OWN_KEYS,
            "additionalProperties": {"$ref": "#/$defs/Custom"},
        },
        "model": _place("Model"),
        "target": _place("Target"),
        "compile": _place("Compile"),
        "fit": _one_or_several("Fit", "Arguments of Model.fit; a list of tables defines training stages."),
        "data": _place("Data"),
        "runtime": _place("Runtime"),
        **{key: _place(table.__name__) for key, table in OUTPUT_KEYS.items()},
        "export": _one_or_several("Export", "Export for inference; a list of tables defines several exports."),
        "override": {
            **explained("Changes to layers, selected by name.", _OVERRIDE),
            "type": "object",
            "properties": {
                "layers": {
                    **explained("Layer names, each with the arguments to change."),
                    "type": "object",
                    "additionalProperties": {"type": "object", "additionalProperties": True},
                }
            },
            "patternProperties": free_keys(["layers"]),
            "additionalProperties": False,
        },
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
    slot = Slot("object", "array", items=Items(Slot(definition=name, nested=True)), table=_unfolded(name))
    return {**explained(doc), **slot.schema()}


def _words(table: type[Table], field: str) -> Schema:
    return explained(table.model_fields[field].description or "")


def _place(name: str) -> Schema:
    """A table with a definition, which explains it too: only after a plain reference tombi finds its class."""
    return {"$ref": f"#/$defs/{name}"}


def _table(table: type[Table]) -> Schema:
    """A table whose keys are declared; what it requires may come from a document that it extends."""
    body = closed(properties_of(table), (), {})
    del body["type"]
    return {**explained(summary(table)), **Slot("object", table=body).schema()}


def _target() -> Schema:
    branches = [Branch(f"Target.{kind}", (kind,), summary(table)) for kind, table in KINDS.items()]
    body = dispatch("kind", branches, explained("The kind of label."))
    return {**explained("Format of one label."), **Slot("object", table=body).schema()}


def _model() -> Schema:
    name = Slot("null", texts=(patterns.LAYER_NAME,)).schema()
    shape = Slot("array", items=Items(SIZE, 0, _MAX_AXES))
    flag = {"anyOf": [True, {"type": "boolean"}]}
    long = closed(
        {
            "shape": {
                **explained('The shape of one sample, without the batch size: [28, 28, 1], ["T", 64].'),
                **shape.schema(),
            },
            "dtype": {
                **explained("Dtype of the input."),
                **slot_of(DTypeName).schema(),
                "default": "float32",
            },
            "batch_size": {**explained("Fixed batch size."), **whole(0).or_none().schema()},
            "name": {**explained("Name of the input."), **name},
            "sparse": {**explained("Whether the input is a sparse tensor."), "default": False, **flag},
            "ragged": {**explained("Whether the input is a ragged tensor."), "default": False, **flag},
        },
        ("shape",),
        {},
    )
    del long["type"]
    doc = 'The shape of one sample, without the batch size: [28, 28, 1], ["T", 64]; or a table with shape, dtype, ...'
    marked = (
        'The shape of one sample, without the batch size: `[28, 28, 1]`, `["T", 64]`.\n\nOr a table with `shape`, ...'
    )
    properties = {
        "name": {**explained("Name of the model."), **name},
        "input": {**explained(doc, marked), **(shape | Slot("object", table=long)).schema()},
        "layers": {**explained("The layers, in order."), **LIST.schema()},
    }
    body = closed(properties, (), {})
    del body["type"]
    return {**explained("The model."), **Slot("object", table=body).schema()}


def _block() -> Schema:
    parameters = {
        **_words(Block, "params"),
        "type": "object",
        "propertyNames": {"allOf": [{"pattern": patterns.VARIABLE}, {"not": {"enum": ["use", "for", "repeat"]}}]},
        "additionalProperties": True,
    }
    layers = {
        **_words(Block, "layers"),
        "type": "array",
        "items": LIST.schema()["items"],
    }
    return closed({"params": parameters, "layers": layers}, (), explained("A block: a list of layers with parameters."))


def _custom() -> Schema:
    size = Slot("null", "integer", bounds={"minimum": 0}, texts=(patterns.DIMENSION,))
    count = Slot("integer", "string", bounds={"minimum": 0})
    like = closed(
        {
            "like": {
                **explained("Keras layer whose output shape rule is used."),
                **words(*LAYERS, *ALIASES).schema(False),
            }
        },
        ("like",),
        {},
    )
    del like["type"]
    of_layers: dict[str, Schema] = {
        "input_shape": {
            **_words(CustomClass, "input_shape"),
            **Slot("array", items=Items(size)).schema(False),
        },
        "output_shape": {
            **_words(CustomClass, "output_shape"),
            **(words("same") | Slot("array", "object", items=Items(count), table=like)).schema(False),
            "default": "same",
        },
        "params": {**_words(CustomClass, "params"), **count.schema(False)},
        "dtype": {**_words(CustomClass, "dtype"), **words(*sorted(DTYPES)).schema(False)},
        "supports_masking": {**_words(CustomClass, "supports_masking"), "type": "boolean", "default": False},
    }
    kind = {
        **_words(CustomClass, "kind"),
        "enum": list(CUSTOM_KINDS),
        "default": "layer",
    }
    properties = {
        "import": {
            **_words(CustomClass, "import_"),
            "type": "string",
            "pattern": patterns.IMPORT,
        },
        "kind": kind,
        "args": {**_words(CustomClass, "args"), "type": "object", "additionalProperties": True},
        **of_layers,
    }
    out = closed(properties, (), explained("A custom class."))
    others = {"type": "object", "properties": {"kind": {"enum": [*CUSTOM_KINDS[1:]]}}, "required": ["kind"]}
    refused = {"properties": dict.fromkeys(of_layers, False), "additionalProperties": True}
    return {**out, "allOf": [{"if": {**others, "additionalProperties": True}, "then": refused}]}


def complete() -> Schema:
    """What a document must hold that extends no other."""
    tables: dict[str, list[str]] = {"model": ["layers"], "target": ["kind"]}
    for key, table in OUTPUT_KEYS.items():
        if table.required():
            tables[key] = list(table.required())
    needed: dict[str, Schema] = {
        key: {"required": names, "additionalProperties": True} for key, names in tables.items()
    }
    needed["target"]["allOf"] = [
        {
            "if": having({"kind": {"const": kind}}),
            "then": {"required": list(table.required()), "additionalProperties": True},
        }
        for kind, table in KINDS.items()
        if table.required()
    ]
    needed["blocks"] = _each(["layers"])
    needed["custom"] = _each(["import"])
    return {"required": ["model"], "properties": needed, "additionalProperties": True}


def _each(required: list[str]) -> Schema:
    return {
        "patternProperties": OWN_KEYS,
        "additionalProperties": {"required": required, "additionalProperties": True},
    }


def root(definitions: Mapping[str, object]) -> Schema:
    """The keywords for the document itself."""
    keys = document_keys()
    return {
        "type": "object",
        "properties": keys,
        "required": ["seqspec"],
        "patternProperties": free_keys(keys),
        "additionalProperties": False,
        "allOf": [{"if": lacking("extends"), "then": complete()}],
        "$defs": dict(definitions),
    }


def definitions() -> Iterator[tuple[str, Schema]]:
    """The definitions of the tables."""
    yield "Model", _model()
    yield "Target", _target()
    for kind, table in KINDS.items():
        doc = summary(table)
        yield from alternative(f"Target.{kind}", "kind", (kind,), properties_of(table), (), explained(doc), doc)
    tables: tuple[type[Table], ...] = (Compile, Fit, Data, Runtime, *OUTPUT_KEYS.values())
    for each in tables:
        yield each.__name__, _table(each)
    yield "Block", _block()
    yield "Custom", _custom()
