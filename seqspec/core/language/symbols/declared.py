"""The declarations of a document, including inherited ones: variables, blocks, classes, layer names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seqspec.core.language.keys import NESTED_LAYER_KEYS, RESERVED_PARAMETERS, is_extension_key

CLASS_KIND = "layer"
"""The default kind of a custom class."""


class DeclaredSymbols:
    """The declarations of a document; invalid ones are ignored.

    Args:
        tree: The document with those that it extends merged into it.

    Attributes:
        variables: The variables with their values.
        blocks: The blocks.
        classes: The tables of the custom classes.
    """

    def __init__(self, tree: Mapping[str, object]) -> None:
        self.tree = tree
        self.variables = _named(tree, "vars")
        self.blocks = _tables(tree, "blocks")
        self.classes = _tables(tree, "custom")

    def block_layers(self, name: str) -> list[object]:
        """The layers of a block; empty if it has no list of layers."""
        layers = self.blocks.get(name, {}).get("layers")
        return layers if isinstance(layers, list) else []

    def parameters(self, name: str) -> dict[str, object]:
        """The parameters of a block with their defaults."""
        block = self.blocks.get(name, {})
        return {key: value for key, value in _named(block, "params").items() if key not in RESERVED_PARAMETERS}

    def classes_of(self, kind: str) -> list[str]:
        """The names of the classes that are declared as a `"layer"`, a `"loss"`, ..."""
        return [name for name, table in self.classes.items() if table.get("kind", CLASS_KIND) == kind]

    def class_arguments(self, name: object) -> tuple[Mapping[str, object], list[str]]:
        """The JSON Schemas of the arguments of a class, and the required ones."""
        table = self.classes.get(name) if isinstance(name, str) else None
        schema = table_of(table or {}, "args")
        required = schema.get("required")
        names = [key for key in required if isinstance(key, str)] if isinstance(required, list) else []
        return table_of(schema, "properties"), names

    def layer_names(self) -> list[str]:
        """The names of all named layers of the model, including nested ones."""
        return list(dict.fromkeys(name for name, _ in named_layers(table_of(self.tree, "model").get("layers"))))


def named_layers(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Every named layer in a list of layers, with its path."""
    if isinstance(value, list):
        for index, entry in enumerate(value):
            yield from named_layers(entry, (*path, index))
    elif isinstance(value, Mapping):
        if isinstance(value.get("name"), str):
            yield value["name"], path
        for key in ("layers", *NESTED_LAYER_KEYS):
            if key in value:
                yield from named_layers(value[key], (*path, key))


def table_of(tree: Mapping[str, object], key: str) -> Mapping[str, object]:
    """The table of a key; an empty one without it."""
    table = tree.get(key)
    return table if isinstance(table, Mapping) else {}


def _named(tree: Mapping[str, object], key: str) -> dict[str, object]:
    return {name: value for name, value in table_of(tree, key).items() if not is_extension_key(name)}


def _tables(tree: Mapping[str, object], key: str) -> dict[str, Mapping[str, object]]:
    return {name: value for name, value in _named(tree, key).items() if isinstance(value, Mapping)}
