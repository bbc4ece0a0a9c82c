"""The places of a document, from the root to each layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from seqspec.core.api.catalog import KerasObject
from seqspec.core.api.diagnostics import Path, value_at
from seqspec.core.api.language import DeclaredSymbols, named_layers
from seqspec.core.api.messages import quote_value
from seqspec.core.api.schema import OPENINGS, tables
from seqspec.core.api.search import Uniform
from seqspec.core.api.spec import LIST_TABLES, OPTIONAL_TABLES, Table, declaration
from seqspec.editor.lsp.completion_places import (
    Completion,
    CompletionPlace,
    DeclaredPlace,
    EntriesPlace,
    Key,
    LayerPlace,
    arguments_of,
    tagged_keys,
)


def place_at(path: Path, tree: Mapping[str, object], symbols: DeclaredSymbols) -> CompletionPlace:
    """The place at a path of a document; the tree may be incomplete."""
    place: CompletionPlace = Root(symbols)
    value: object = tree
    for key in path:
        place = place.below(key, value)
        value = value_at(value, (key,))
    return place


@cache
def _root() -> dict[str, Any]:
    return tables.document_keys()


@cache
def _definitions() -> dict[str, Any]:
    return dict(tables.definitions())


class Root(DeclaredPlace):
    """The document."""

    def keys(self, value: object) -> Mapping[str, Key]:
        symbols = self.symbols
        definitions = _definitions()
        layers = EntriesPlace(LayerPlace(symbols))
        places: dict[str, CompletionPlace] = {
            "model": SchemaTable(definitions["Model"], {"layers": layers}),
            "blocks": EntriesPlace(SchemaTable(definitions["Block"], {"layers": layers}), str),
            "custom": EntriesPlace(SchemaTable(definitions["Custom"], {}), str),
            "override": SchemaTable(_root()["override"], {"layers": Overrides(symbols)}),
            **{key: _table_place(key, symbols) for key in OPTIONAL_TABLES},
        }
        schemas = {key: {**definitions.get(key.capitalize(), {}), **schema} for key, schema in _root().items()}
        return {
            key: Key(
                schema.get("markdownDescription") or schema.get("description", ""),
                places.get(key) or SchemaTable(schema, {}),
                required=key == "seqspec",
                default=str(schema["default"]) if "default" in schema else None,
                form="{" if key in places or key == "vars" else '"' if schema.get("type") == "string" else "",
            )
            for key, schema in sorted(schemas.items(), key=lambda item: _order(item[0]))
        }


def _table_place(key: str, symbols: DeclaredSymbols) -> CompletionPlace:
    declared = declaration((key,))
    if isinstance(declared, dict):
        return TargetPlace(declared, symbols)
    if key == "search":
        return SearchPlace(declared, symbols)
    return TableOrList(declared, symbols) if key in LIST_TABLES else TablePlace(declared, symbols)


def _order(key: str) -> int:
    """Common keys first, in their usual order."""
    usual = ("seqspec", "model", "target", "compile", "fit", "data", "vars", "blocks", "custom", "extends", "override")
    return usual.index(key) if key in usual else len(usual) + (key == "$schema")


class SchemaTable(CompletionPlace):
    """A table that the JSON Schema describes, with separate places for some keys."""

    def __init__(self, schema: Mapping[str, Any], places: Mapping[str, CompletionPlace]) -> None:
        self._schema = schema
        self._places = places

    def keys(self, value: object) -> Mapping[str, Key]:
        keys = {}
        for name, schema in self._schema.get("properties", {}).items():
            if not isinstance(schema, Mapping):
                continue
            types = schema.get("type", "")
            first = types if isinstance(types, str) else types[0]
            form = OPENINGS.get(first, "")
            default = schema.get("default")
            keys[name] = Key(
                schema.get("markdownDescription", ""),
                self._places.get(name) or SchemaTable(schema, {}),
                name in self._schema.get("required", ()),
                None if default is None else str(default),
                form,
            )
        return keys

    def candidates(self) -> Iterator[Completion]:
        for schema in (self._schema, *self._schema.get("anyOf", ())):
            if isinstance(schema, Mapping):
                docs = schema.get("enumDescriptions", ())
                for index, choice in enumerate(schema.get("enum", ())):
                    yield Completion(str(choice), docs[index] if index < len(docs) else "")
                if "boolean" in str(schema.get("type", "")):
                    yield Completion("true", literal=True)
                    yield Completion("false", literal=True)


class TablePlace(CompletionPlace):
    """A table whose keys are declared."""

    def __init__(self, table: type[KerasObject], symbols: DeclaredSymbols) -> None:
        self.table = table
        self.symbols = symbols

    def keys(self, value: object) -> Mapping[str, Key]:
        return arguments_of(self.table, self.symbols)


class TableOrList(TablePlace):
    """The table `fit` or a list of stages; the table `export` or a list of exports."""

    def below(self, key: str | int, value: object) -> CompletionPlace:
        return TablePlace(self.table, self.symbols) if isinstance(key, int) else super().below(key, value)


class SearchPlace(TablePlace):
    """The table `search`."""

    def keys(self, value: object) -> Mapping[str, Key]:
        keys = super().keys(value)
        return {**keys, "space": keys["space"]._replace(place=SpacePlace(self.symbols), form="{")}


class SpacePlace(DeclaredPlace):
    """The table `search.space`: the paths of the document that a search can set."""

    def keys(self, value: object) -> Mapping[str, Key]:
        declared = self.symbols.tree.get("vars")
        variables: dict[str, Key] = {
            str(name): Key(
                f"The variable `{name}`, `{quote_value(item, typed=False)}` in the document.",
                TablePlace(Uniform, self.symbols),
                form="{",
            )
            for name, item in (declared.items() if isinstance(declared, Mapping) else ())
        }
        return {
            "vars": Key("The variables of the document.", KnownKeys(variables), form="{"),
            "layers": Key("The layers of the model, by name.", Overrides(self.symbols), form="{"),
            **{
                key: Key(f"The table `{key}` of the document.", _table_place(key, self.symbols), form="{")
                for key in ("compile", "fit", "quantize", "export")
            },
        }


class KnownKeys(CompletionPlace):
    """A table with the given keys."""

    def __init__(self, keys: Mapping[str, Key]) -> None:
        self._keys = keys

    def keys(self, value: object) -> Mapping[str, Key]:
        return self._keys


class TargetPlace(CompletionPlace):
    """The table `target`, whose keys depend on the kind of labels."""

    def __init__(self, kinds: Mapping[str, type[Table]], symbols: DeclaredSymbols) -> None:
        self.kinds = kinds
        self.symbols = symbols

    def keys(self, value: object) -> Mapping[str, Key]:
        return tagged_keys("kind", self.kinds, value, self.symbols, "The kind of label.")


class Overrides(DeclaredPlace):
    """The table `override`: changes of layers by name."""

    def keys(self, value: object) -> Mapping[str, Key]:
        model = self.symbols.tree.get("model")
        layers = model.get("layers") if isinstance(model, Mapping) else None
        keys: dict[str, Key] = {}
        for name, path in named_layers(layers):
            entry = value_at(layers, path)
            keys.setdefault(
                name, Key(LayerPlace(self.symbols).doc(entry), OverridePlace(entry, self.symbols), form="{")
            )
        return keys


class OverridePlace(CompletionPlace):
    """The changed arguments of one layer in `override`."""

    def __init__(self, layer: Mapping[str, object], symbols: DeclaredSymbols) -> None:
        self.layer = layer
        self.symbols = symbols

    def keys(self, value: object) -> Mapping[str, Key]:
        overrides = value if isinstance(value, Mapping) else {}
        keys = LayerPlace(self.symbols, inner=True).keys({**self.layer, **overrides})
        return {name: key._replace(required=False) for name, key in keys.items()}
