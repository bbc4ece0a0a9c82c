"""The JSON Schema of documents, whole."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from seqspec.language.version import LATEST
from seqspec.schema import layers, objects, tables
from seqspec.schema.slots import NAMED, Schema

VERSION = LATEST
IDENTIFIER = f"https://json.schemastore.org/seqspec-{VERSION}.json"
"""The name of the schema of this version of the language; it never names another one."""

_DRAFT = "http://json-schema.org/draft-07/schema#"
_WORTH_SHARING = 100


def schema() -> Schema:
    """The schema of all documents of this version."""
    found = dict([*tables.definitions(), *layers.definitions(), *objects.definitions()])
    root = tables.root({})
    pending = set(_references([root, *found.values()]))
    while missing := sorted(pending - found.keys()):
        for name in missing:
            found[name] = NAMED[name].schema()
            pending.update(_references([found[name]]))
    used = {name: found[name] for name in sorted(found) if name in pending}
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
    """The definitions, with properties that several of them have written only once."""
    texts = Counter((name, text) for _, name, text in _properties(definitions) if len(text) > _WORTH_SHARING)
    chosen: dict[tuple[str, str], str] = {}
    taken: Counter[str] = Counter()
    for key, count in texts.items():
        if count > 1:
            taken[key[0]] += 1
            chosen[key] = f"argument.{key[0]}" + (f".{taken[key[0]]}" if taken[key[0]] > 1 else "")
    shared: dict[str, Schema] = {}
    for properties, name, text in _properties(definitions):
        place = chosen.get((name, text))
        if place is not None:
            shared[place] = properties[name]
            properties[name] = {"$ref": f"#/$defs/{place}"}
    return dict(sorted([*definitions.items(), *shared.items()]))


def _properties(definitions: dict[str, Schema]) -> Iterator[tuple[dict[str, Any], str, str]]:
    for definition in definitions.values():
        properties = definition.get("properties", {})
        for name, value in list(properties.items()):
            if isinstance(value, dict) and "$ref" not in value:
                yield properties, name, json.dumps(value, sort_keys=True)


def text_of(document: Schema) -> str:
    """A schema as text: the same for the same catalogue, one definition a line."""
    head = {key: value for key, value in document.items() if key != "$defs"}
    lines = json.dumps(head, indent=1, ensure_ascii=False).removesuffix("\n}")
    definitions = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in document["$defs"].items()
    )
    return f'{lines},\n "$defs": {{\n{definitions}\n }}\n}}\n'
