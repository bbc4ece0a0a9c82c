"""The JSON Schema of specs, and of one document with its own declarations."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterator, Mapping

from seqspec.core.diagnostics.message import counted, quote_json
from seqspec.core.document.custom import KINDS as CUSTOM_KINDS
from seqspec.core.language.symbols import CLASS_KIND, DeclaredSymbols, repeats
from seqspec.core.language.version import LATEST
from seqspec.core.schema import data_schemas, layer_schemas, object_schemas, patterns, tables
from seqspec.core.schema.class_schemas import closed_table
from seqspec.core.schema.descriptions import described
from seqspec.core.schema.dispatch import has_keys
from seqspec.core.schema.layer_schemas import REPETITION, common
from seqspec.core.schema.value_schema import NAMED, NUMBER, Schema, ValueSchema, enumeration

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


_REFERRING = patterns.either((patterns.REFERENCE, patterns.INSIDE))
_NOTHING = "^[^\\s\\S]$"
"""A pattern that no string fits."""

_JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


def with_declarations(schema: Schema, tree: Mapping[str, object]) -> Schema:
    """The schema with the declarations of a document and of the documents that it extends.

    `tree` is the merged document; invalid declarations are ignored. Only the declared variables, blocks and classes are
    accepted.
    """
    out = copy.deepcopy(schema)
    definitions = out["$defs"]
    # This schema describes one document, so it must not have the identifier of the schema of all documents.
    out.pop("$id")
    declared = DeclaredSymbols(tree)
    _add_references(out, declared)
    _add_blocks(definitions, declared)
    _add_classes(definitions, declared)
    return out


def _usable_blocks(declared: DeclaredSymbols) -> Iterator[str]:
    """The names of the blocks that have a list of layers."""
    for name, block in declared.blocks.items():
        if isinstance(block.get("layers"), list):
            yield name


def _nodes(value: object) -> Iterator[Schema]:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            yield item
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)


# Variables


def _add_references(schema: Schema, declared: DeclaredSymbols) -> None:
    """Offers each variable where its value is accepted, and rejects undeclared names."""
    tree = declared.tree
    values = dict(declared.variables)
    for block in _usable_blocks(declared):
        values |= declared.parameters(block)
    names = set(values)
    certain = True
    for node in _nodes({key: tree[key] for key in ("model", "blocks") if key in tree}):
        if repeats(node):
            certain = certain and isinstance(node["for"], dict)
            names |= set(node["for"]) if isinstance(node["for"], dict) else set()
    by_type: dict[str, dict[str, str]] = {}
    for name in sorted(values):
        by_type.setdefault(_type_of(values[name]), {})[f"${name}"] = quote_json(values[name])
    for kind, names_of_type in by_type.items():
        schema["$defs"][f"Reference.{kind}"] = enumeration(names_of_type)
    names_pattern = "|".join(sorted(names)) or _NOTHING
    closed_reference = rf"^\$\{{?(?:{names_pattern})(?:[^A-Za-z0-9_-]|$)"
    for node in list(_nodes(schema)):
        pattern = node.get("pattern")
        if not isinstance(pattern, str) or patterns.REFERENCE not in pattern:
            continue
        if certain:
            node["pattern"] = pattern.replace(patterns.REFERENCE, closed_reference)
        types = node["type"] if isinstance(node["type"], list) else [node["type"]]
        taken = {*types, "integer"} if "number" in types else set(types)
        if "anyOf" not in node:
            # Where no string is accepted, a variable with a string value is not accepted either.
            taken.discard("string")
        offered = [{"$ref": f"#/$defs/Reference.{kind}"} for kind in sorted(taken & by_type.keys())]
        if offered and pattern != _REFERRING:
            node["anyOf"] = [*node.get("anyOf", [True]), *offered]


def _type_of(value: object) -> str:
    return _JSON_TYPES.get(type(value), "null")


# Blocks


def _add_blocks(definitions: dict[str, Schema], declared: DeclaredSymbols) -> None:
    """Accepts only declared blocks, each with its parameters."""
    docs = {name: _block_description(declared, name) for name in _usable_blocks(declared)}
    definitions["Name.block"] |= _closed_names(docs, "the name of a block").schema()
    for name, doc in docs.items():
        parameters = {key: _parameter(value) for key, value in declared.parameters(name).items()}
        repetition = copy.deepcopy(REPETITION)
        repetition["for"] |= {"properties": dict.fromkeys(parameters, True), "additionalProperties": False}
        body = {"use": described(doc, const=name), **parameters, **repetition}
        definitions[f"Use.{name}"] = closed_table(body, ["use"], described(doc))
        branch = {"if": has_keys({"use": {"const": name}}), "then": {"$ref": f"#/$defs/{_escaped(f'Use.{name}')}"}}
        definitions["Layer"]["allOf"].append(branch)
        definitions["Layer"]["anyOf"].append({"$ref": f"#/$defs/{_escaped(f'Use.{name}')}"})
        snippet = {"use": name, **declared.parameters(name)}
        definitions["Layer"]["defaultSnippets"].insert(0, {"label": name, "description": docs[name], "body": snippet})


def _block_description(declared: DeclaredSymbols, block: str) -> str:
    parameters = declared.parameters(block)
    listed = ", ".join(f"{name} = {quote_json(value)}" for name, value in parameters.items())
    count = len(declared.block_layers(block))
    return f"A block of {counted(count, 'layer')}" + (f", with {listed}." if listed else ".")


def _parameter(value: object) -> Schema:
    return described(f"A parameter of the block. Default: {quote_json(value)}.", default=value)


def _escaped(name: str) -> str:
    """A name as part of a reference."""
    from urllib.parse import quote

    return quote(name.replace("~", "~0").replace("/", "~1"))


# Custom classes


def _add_classes(definitions: dict[str, Schema], declared: DeclaredSymbols) -> None:
    """Accepts only declared custom classes, each with its arguments."""
    by_kind: dict[str, dict[str, str]] = {}
    for name, table in declared.classes.items():
        by_kind.setdefault(str(table.get("kind", CLASS_KIND)), {})[name] = f"The class of {table.get('import')}."
    for kind in CUSTOM_KINDS:
        names = by_kind.get(kind, {})
        key: Schema = {"$ref": f"#/$defs/Name.{kind}"}
        definitions[f"Name.{kind}"] |= _closed_names(names, f"a {kind} that is declared under [custom]").schema(False)
        definitions |= {f"Own.{name}": _class(name, declared, description, kind) for name, description in names.items()}
        for definition_name, definition in definitions.items():
            if _takes(definition, key) or (kind == "layer" and definition_name in ("Layer", "InnerLayer")):
                for name in names:
                    reference = {"$ref": f"#/$defs/{_escaped(f'Own.{name}')}"}
                    definition["allOf"].append({"if": has_keys({"custom": {"const": name}}), "then": reference})
                    definition.setdefault("anyOf", [True]).append(reference)


def _takes(definition: Schema, key: Schema) -> bool:
    """Whether a definition accepts a custom class of this kind."""
    conditions = definition.get("allOf", [])
    return any(condition.get("then", {}).get("properties", {}).get("custom") == key for condition in conditions)


def _closed_names(descriptions: Mapping[str, str], needs: str) -> ValueSchema:
    """One of the declared names; nothing is accepted if there are none."""
    return ValueSchema(
        choices=descriptions,
        string_patterns=(patterns.one_of(descriptions) if descriptions else _NOTHING,),
        needs=needs,
    )


def _class(name: str, declared: DeclaredSymbols, description: str, kind: str) -> Schema:
    arguments, required = declared.class_arguments(name)
    properties = {key: _argument(value) for key, value in arguments.items()}
    shared = {**common(), **copy.deepcopy(REPETITION)} if kind == "layer" else {}
    body = {**shared, "custom": described(description, const=name), **properties}
    out = closed_table(body, ["custom", *required], described(description))
    schema = declared.classes[name].get("args")
    if not isinstance(schema, Mapping) or schema.get("additionalProperties") is not False:
        out["additionalProperties"] = True
    return out


_KEPT = {
    "description", "default", "examples", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "minItems", "maxItems", "uniqueItems", "minLength", "maxLength",
}  # fmt: skip


def _argument(schema: object) -> Schema:
    """The declared schema of an argument, limited to keywords with the same meaning in every draft.

    A reference is accepted too.
    """
    if not isinstance(schema, Mapping):
        return {}
    kept = {key: value for key, value in schema.items() if key in _KEPT}
    choices = schema.get("enum")
    if isinstance(choices, list) and all(isinstance(choice, str) for choice in choices) and choices:
        return {
            **kept,
            **ValueSchema(choices=dict.fromkeys(choices, ""), string_patterns=(patterns.one_of(choices),)).schema(),
        }
    types = schema.get("type")
    listed = [types] if isinstance(types, str) else types if isinstance(types, list) else []
    if not listed or "enum" in schema or "const" in schema:
        return kept
    values = ValueSchema(*listed, string_patterns=(*NUMBER.string_patterns,) if "number" in listed else ())
    return {**kept, **(values.or_none() if "null" in listed and "string" not in listed else values).schema()}
