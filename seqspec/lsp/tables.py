"""The tables of a document as slots: from the whole document down to each layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from seqspec.catalog.keras_object import KerasObject
from seqspec.diagnostics.violation import Path
from seqspec.document.tables import OPTIONAL_TABLES, declaration
from seqspec.language.symbols.declared import DeclaredSymbols, named_layers
from seqspec.lsp.slots import Entries, Key, LayerSlot, Slot, Word, Words, arguments_of
from seqspec.schema import tables


def slot_at(path: Path, tree: Mapping[str, Any], own: DeclaredSymbols) -> Slot:
    """What may be at a path of a document whose tree is known as far as it could be read."""
    slot: Slot = Root(own)
    value: Any = tree
    for key in path:
        slot = slot.below(key, value)
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            value = None
    return slot


@cache
def _root() -> dict[str, Any]:
    return tables.document_keys()


@cache
def _definitions() -> dict[str, Any]:
    return dict(tables.definitions())


class Root(Slot):
    """The document."""

    def __init__(self, own: DeclaredSymbols) -> None:
        self.own = own

    def keys(self, value: object) -> Mapping[str, Key]:
        own = self.own
        known = _definitions()
        layers = Entries(LayerSlot(own))
        slots: dict[str, Slot] = {
            "model": SchemaTable(known["Model"], {"layers": layers}),
            "blocks": Named(SchemaTable(known["Block"], {"layers": layers})),
            "custom": Named(SchemaTable(known["Custom"], {})),
            "override": SchemaTable(_root()["override"], {"layers": Overrides(own)}),
            **{key: _table_slot(key, own) for key in OPTIONAL_TABLES},
        }
        said_of = {key: {**known.get(key.capitalize(), {}), **said} for key, said in _root().items()}
        return {
            key: Key(
                said.get("markdownDescription") or said.get("description", ""),
                slots.get(key) or SchemaTable(said, {}),
                required=key == "seqspec",
                default=str(said["default"]) if "default" in said else None,
                form="{" if key in slots or key == "vars" else '"' if said.get("type") == "string" else "",
            )
            for key, said in sorted(said_of.items(), key=lambda item: _order(item[0]))
        }


def _table_slot(key: str, own: DeclaredSymbols) -> Slot:
    declared = declaration((key,))
    if isinstance(declared, dict):
        return TargetSlot(declared, own)
    return TableOrList(declared, own) if key in ("fit", "export") else TableSlot(declared, own)


def _order(key: str) -> int:
    """What most documents have comes first, in the order in which they have it."""
    usual = ("seqspec", "model", "target", "compile", "fit", "data", "vars", "blocks", "custom", "extends", "override")
    return usual.index(key) if key in usual else len(usual) + (key == "$schema")


class SchemaTable(Slot):
    """A table that the document schema describes, except for the slots at some of its keys."""

    def __init__(self, schema: Mapping[str, Any], slots: Mapping[str, Slot]) -> None:
        self._schema = schema
        self._slots = slots

    def keys(self, value: object) -> Mapping[str, Key]:
        found = {}
        for name, said in self._schema.get("properties", {}).items():
            if not isinstance(said, Mapping):
                continue
            types = said.get("type", "")
            first = types if isinstance(types, str) else types[0]
            form = {"string": '"', "array": "[", "object": "{"}.get(first, "")
            usual = said.get("default")
            found[name] = Key(
                said.get("markdownDescription", ""),
                self._slots.get(name) or SchemaTable(said, {}),
                name in self._schema.get("required", ()),
                None if usual is None else str(usual),
                form,
            )
        return found

    def words(self) -> Iterator[Word]:
        for schema in (self._schema, *self._schema.get("anyOf", ())):
            if isinstance(schema, Mapping):
                docs = schema.get("enumDescriptions", ())
                for index, word in enumerate(schema.get("enum", ())):
                    yield Word(str(word), docs[index] if index < len(docs) else "")
                if "boolean" in str(schema.get("type", "")):
                    yield Word("true", literal=True)
                    yield Word("false", literal=True)


class TableSlot(Slot):
    """A table whose keys are declared."""

    def __init__(self, table: type[KerasObject], own: DeclaredSymbols) -> None:
        self.table = table
        self.own = own

    def keys(self, value: object) -> Mapping[str, Key]:
        return arguments_of(self.table, self.own)


class TableOrList(TableSlot):
    """The table `fit` or a list of stages; the table `export` or a list of exports."""

    def below(self, key: str | int, value: object) -> Slot:
        return TableSlot(self.table, self.own) if isinstance(key, int) else super().below(key, value)


class TargetSlot(Slot):
    """The table `target`, whose keys go by the kind of the labels."""

    def __init__(self, kinds: Mapping[str, type[KerasObject]], own: DeclaredSymbols) -> None:
        self.kinds = kinds
        self.own = own

    def keys(self, value: object) -> Mapping[str, Key]:
        kind = value.get("kind") if isinstance(value, Mapping) else None
        tag = Key("The kind of label.", Words(self.kinds), True, form='"')
        table = self.kinds.get(kind) if isinstance(kind, str) else None
        return {"kind": tag, **(arguments_of(table, self.own) if table is not None else {})}


class Named(Slot):
    """A table with the author's own names, every value of which is alike."""

    def __init__(self, entry: Slot) -> None:
        self.entry = entry

    def below(self, key: str | int, value: object) -> Slot:
        return self.entry if isinstance(key, str) else Slot()


class Overrides(Slot):
    """Changes of layers by their names."""

    def __init__(self, own: DeclaredSymbols) -> None:
        self.own = own

    def keys(self, value: Any) -> Mapping[str, Key]:
        model = self.own.tree.get("model")
        layers = model.get("layers") if isinstance(model, Mapping) else None
        found: dict[str, Key] = {}
        for name, path in named_layers(layers):
            entry: Any = layers
            for key in path:
                entry = entry[key]
            found.setdefault(name, Key(LayerSlot(self.own).doc(entry), Change(entry, self.own), form="{"))
        return found


class Change(Slot):
    """The arguments of one layer that change."""

    def __init__(self, layer: Mapping[str, Any], own: DeclaredSymbols) -> None:
        self.layer = layer
        self.own = own

    def keys(self, value: object) -> Mapping[str, Key]:
        own = value if isinstance(value, Mapping) else {}
        keys = LayerSlot(self.own, inner=True).keys({**self.layer, **own})
        return {name: key._replace(required=False) for name, key in keys.items()}
