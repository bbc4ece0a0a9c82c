"""What a document declares itself, or takes from those that it extends: variables, blocks, classes, names of layers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from seqspec.language.blocks import WORDS


class Own:
    """The declarations of a document; what is wrong with them is passed over.

    Args:
        tree: The document with those that it extends merged into it.
    """

    def __init__(self, tree: Mapping[str, Any]) -> None:
        self.tree = tree
        self.variables = _named(tree, "vars")
        self.blocks: dict[str, Mapping[str, Any]] = {
            name: block for name, block in _named(tree, "blocks").items() if isinstance(block, Mapping)
        }
        self._classes: dict[str, Mapping[str, Any]] = {
            name: table for name, table in _named(tree, "custom").items() if isinstance(table, Mapping)
        }

    def parameters(self, block: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of a block with their defaults."""
        return {name: value for name, value in _named(block, "params").items() if name not in WORDS}

    def block_doc(self, name: str) -> str:
        """What a block is, in Markdown."""
        block = self.blocks.get(name)
        if block is None:
            return ""
        layers = block.get("layers")
        count = len(layers) if isinstance(layers, list) else 0
        parameters = self.parameters(block)
        given = ", ".join(
            f"`{key} = {json.dumps(value, ensure_ascii=False, default=str)}`" for key, value in parameters.items()
        )
        words = f"**{name}**\n\nA block of {count} layer{'' if count == 1 else 's'}"
        return words + (f", with {given}." if given else ".")

    def classes(self, noun: str) -> list[str]:
        """The names of the classes that are declared as a `"layer"`, a `"loss"`, ..."""
        return [name for name, table in self._classes.items() if table.get("kind", "layer") == noun]

    def class_doc(self, name: Any) -> str:
        """What a class is, in Markdown."""
        table = self._classes.get(name) if isinstance(name, str) else None
        if table is None:
            return ""
        return f"**{name}**\n\nA {table.get('kind', 'layer')} of your own: `{table.get('import', '')}`."

    def arguments(self, name: Any) -> tuple[Mapping[str, Any], list[str]]:
        """The JSON Schemas of the arguments of a class, and which of them it requires."""
        table = self._classes.get(name) if isinstance(name, str) else None
        schema = _table(table or {}, "args")
        required = schema.get("required")
        return _table(schema, "properties"), list(required) if isinstance(required, list) else []

    def layer_names(self) -> list[str]:
        """The names of all named layers of the model, those of nested ones too."""
        return list(dict.fromkeys(name for name, _ in named_layers(_table(self.tree, "model").get("layers"), ())))


def named_layers(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Every named layer in a list of layers, with its path."""
    if isinstance(value, list):
        for index, entry in enumerate(value):
            yield from named_layers(entry, (*path, index))
    elif isinstance(value, Mapping):
        if isinstance(value.get("name"), str):
            yield value["name"], path
        for key in ("layer", "layers", "cell", "backward_layer"):
            if key in value:
                yield from named_layers(value[key], (*path, key))


def _table(tree: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = tree.get(key)
    return found if isinstance(found, Mapping) else {}


def _named(tree: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in _table(tree, key).items() if name[:2] != "x-"}
