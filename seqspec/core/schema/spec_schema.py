"""The JSON Schema of specs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from seqspec.core.language.version import LATEST
from seqspec.core.schema import data_schemas, layer_schemas, object_schemas, tables
from seqspec.core.schema.value_schema import NAMED, Schema

VERSION = LATEST
IDENTIFIER = f"https://json.schemastore.org/seqspec-{VERSION}.json"
"""The identifier of the schema of this language version; it is never reused."""

_DRAFT = "http://json-schema.org/draft-07/schema#"
_WORTH_SHARING = 100


def schema() -> Schema:
    """The schema of all documents of this version."""
    modules = (tables, data_schemas, layer_schemas, object_schemas)
    definitions = dict([definition for module in modules for definition in module.definitions()])
    root = tables.root({})
    pending = set(_references([root, *definitions.values()]))
    while missing := sorted(pending - definitions.keys()):
        for name in missing:
            definitions[name] = NAMED[name].schema()
            pending.update(_references([definitions[name]]))
    used = {name: definitions[name] for name in sorted(definitions) if name in pending}
    return {
        "$schema": _DRAFT,
        "$id": IDENTIFIER,
        "title": "seqspec",
        "description": "A Keras Sequential model spec.",
        "markdownDescription": "A Keras `Sequential` model spec.",
        **root,
        "$defs": _shared(used),
    }


def _references(values: object) -> Iterator[str]:
    pending = [values]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"].removeprefix("#/$defs/")
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)


def _shared(definitions: dict[str, Schema]) -> dict[str, Schema]:
    """The definitions, with properties that several of them share moved into one."""
    texts = Counter((name, text) for _, name, text in _properties(definitions) if len(text) > _WORTH_SHARING)
    chosen: dict[tuple[str, str], str] = {}
    taken: Counter[str] = Counter()
    for key, count in texts.items():
        if count > 1:
            taken[key[0]] += 1
            chosen[key] = f"argument.{key[0]}" + (f".{taken[key[0]]}" if taken[key[0]] > 1 else "")
    shared: dict[str, Schema] = {}
    for properties, name, text in _properties(definitions):
        pointer = chosen.get((name, text))
        if pointer is not None:
            shared[pointer] = properties[name]
            properties[name] = {"$ref": f"#/$defs/{pointer}"}
    return dict(sorted([*definitions.items(), *shared.items()]))


def _properties(definitions: dict[str, Schema]) -> Iterator[tuple[Schema, str, str]]:
    for definition in definitions.values():
        properties = definition.get("properties", {})
        for name, value in list(properties.items()):
            if isinstance(value, dict) and "$ref" not in value:
                yield properties, name, json.dumps(value, sort_keys=True)


def text_of(document: Schema) -> str:
    """A schema as text, with one definition per line; it depends on nothing but the catalog."""
    head = {key: value for key, value in document.items() if key != "$defs"}
    lines = json.dumps(head, indent=1, ensure_ascii=False).removesuffix("\n}")
    definitions = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in document["$defs"].items()
    )
    return f'{lines},\n "$defs": {{\n{definitions}\n }}\n}}\n'
