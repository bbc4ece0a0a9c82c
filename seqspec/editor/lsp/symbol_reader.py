"""Builds the symbol table of a document as written, by the scoping rules in `scopes`.

Values that are inserted into a layer later (those of variables and parameters) see the names around them first, then
those of a `for` around the layer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from seqspec.core.api.diagnostics import Path, Violation
from seqspec.core.api.language import (
    NESTED_LAYER_KEYS,
    REPETITION_KEYS,
    RESERVED_PARAMETERS,
    WITHOUT_REFERENCES,
    ExpressionNode,
    is_extension_key,
    parse,
    read_text,
    repeats,
)
from seqspec.core.api.syntax import Document
from seqspec.editor.lsp.symbol_table import DynamicName, Occurrence, Symbol, SymbolTable

Stretch = tuple[int, int]


class StringSpans:
    """Finds keys and strings in a document."""

    def __init__(self, document: Document) -> None:
        self._text = document.text or ""
        self._syntax = document.syntax
        self._tree = document.syntax_tree()

    def keys(self, path: Path) -> list[tuple[Stretch, Stretch]]:
        """The ranges of the key at a path and of its occurrences in dotted keys, each with and without quotes."""
        node = self._tree.find(path)
        if node is None or node.key_start < 0:
            return []
        tokens = dict.fromkeys([(node.key_start, node.key_end), *(node.passes or ())])
        return [(token, self._unquoted(*token)) for token in tokens]

    def _unquoted(self, start: int, end: int) -> Stretch:
        quoted = self._text[start : start + 1] in ("'", '"') and end - start > 1
        return (start + 1, end - 1) if quoted else (start, end)

    def inside(self, path: Path, value: str, first: int, last: int) -> Stretch | None:
        """The range between two indices of the string at a path; None if unknown."""
        node = self._tree.find(path)
        if node is None:
            return None
        start, end = node.start, node.end
        if self._text.startswith(value, start + 1):
            return start + 1 + first, start + 1 + last
        stretches = list(self._syntax.string_offsets(self._text, start, end))
        if not first < last <= len(stretches):
            return None
        return stretches[first][0], stretches[last - 1][1]


_COPY = re.compile(r"(.+)_\d+")
_SIZE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BY_OUTPUT = ("loss", "metrics", "weighted_metrics", "loss_weights")


def read_symbols(document: Document, tree: Mapping[str, object], is_layer: Callable[[object], bool]) -> SymbolTable:
    """The symbol table of a document; `tree` may be incomplete.

    `is_layer` returns whether a value is the name of a layer class.
    """
    reader = _SymbolReader(document, is_layer)
    reader.read(tree)
    return reader.names


class _SymbolScope(NamedTuple):
    """The visible names: loop variables of `for`, parameters of a block, and loop variables of a `for` that binds late.

    `open` marks a `for` whose names are not known.
    """

    loops: Mapping[str, Symbol] = {}
    block: str | None = None
    late: Mapping[str, Symbol] = {}
    open: bool = False

    def symbols(self, name: str) -> tuple[Symbol, ...]:
        """The symbols that a reference may refer to."""
        if name in self.loops:
            return (self.loops[name],)
        symbols = [Symbol("variable", name)]
        if self.block is not None:
            symbols.insert(0, Symbol("parameter", name, self.block))
        if name in self.late:
            symbols.append(self.late[name])
        return tuple(symbols)


_DOCUMENT = _SymbolScope()


class _SymbolReader:
    """Visits the tables; `where` is the context of a table.

    `"model"` around lists of layers, `"late"` in values that may be inserted into such a list, `"plain"` elsewhere.
    """

    def __init__(self, document: Document, is_layer: Callable[[object], bool]) -> None:
        self.names = SymbolTable()
        self._is_layer = is_layer
        self._spots = StringSpans(document)
        self._file = document.file
        self._repetitions = 0
        self._patching = False

    def read(self, tree: Mapping[str, object]) -> None:
        for key, value in tree.items():
            path: Path = (key,)
            if key == "custom":
                for name, at, item in _entries(value, path):
                    self._class(name, at, item)
            elif key == "search":
                self._searched(value, path)
            elif is_extension_key(key) or key in WITHOUT_REFERENCES:
                continue
            elif key == "vars":
                for name, at, item in _entries(value, path):
                    self._key(at, (Symbol("variable", name),), defines=True)
                    self._value(item, at, _DOCUMENT, "late")
            elif key == "blocks":
                for name, at, item in _entries(value, path):
                    self._block(name, at, item)
            elif key == "override":
                self._patches(value, path)
            elif key in ("model", "layers"):
                self._value({key: value}, (), _DOCUMENT, "model")
            elif key == "compile":
                self._outputs(value, path)
                self._value(value, path, _DOCUMENT, "plain")
            else:
                self._value(value, path, _DOCUMENT, "plain")
                if key == "fit":
                    self._stages(value, path)
                if key == "quantize":
                    self._patterns(value, path)

    # Declarations

    def _block(self, name: str, path: Path, value: object) -> None:
        if is_extension_key(name):
            return
        self._key(path, (Symbol("block", name),), defines=True)
        for key, at, item in _entries(value, path):
            if key == "params":
                for param, param_path, default in _entries(item, at):
                    if param not in RESERVED_PARAMETERS:
                        self._key(param_path, (Symbol("parameter", param, name),), defines=True)
                    self._value(default, param_path, _DOCUMENT, "late")
            elif key == "layers" and isinstance(item, list):
                self._layers(item, at, _SymbolScope(block=name), "model")

    def _class(self, name: str, path: Path, value: object) -> None:
        if is_extension_key(name):
            return
        self._key(path, (Symbol("class", name),), defines=True)
        if not isinstance(value, Mapping):
            return
        for index, entry in enumerate(_list(value.get("input_shape"))):
            if isinstance(entry, str) and _SIZE.fullmatch(entry):
                size = (Symbol("size", entry, name),)
                self._inside((*path, "input_shape", index), entry, 0, len(entry), size, defines=True)
        for index, entry in enumerate(_list(value.get("output_shape"))):
            self._expression(name, (*path, "output_shape", index), entry)
        self._expression(name, (*path, "params"), value.get("params"))
        args = value.get("args")
        if isinstance(args, Mapping):
            for argument, at, _ in _entries(args.get("properties"), (*path, "args", "properties")):
                self._key(at, (Symbol("argument", argument, name),), defines=True)
            for index, entry in enumerate(_list(args.get("required"))):
                if isinstance(entry, str):
                    at = (*path, "args", "required", index)
                    self._inside(at, entry, 0, len(entry), (Symbol("argument", entry, name),))

    def _expression(self, of: str, path: Path, value: object) -> None:
        if not isinstance(value, str):
            return
        try:
            nodes = list(_name_nodes(parse(value)))
        except Violation:
            return
        for node in nodes:
            # The range of a name in parentheses includes them.
            start = value.index(str(node.value), node.start)
            symbols = tuple(Symbol(kind, str(node.value), of) for kind in ("size", "argument"))
            self._inside(path, value, start, start + len(str(node.value)), symbols)

    def _searched(self, value: object, path: Path) -> None:
        """The names in the paths of the search space and of the first candidates."""
        if not isinstance(value, Mapping):
            return
        trees: list[tuple[Path, object]] = [(("space",), value.get("space"))]
        trees += [(("start", number), tree) for number, tree in enumerate(_list(value.get("start")))]
        for at, tree in trees:
            for key, key_path, table in _entries(tree, (*path, *at)):
                self._searched_table(key, table, key_path)

    def _searched_table(self, key: str, table: object, path: Path) -> None:
        if "." in key:
            self.names.dotted.append(path)
        elif key == "layers":
            self._searched_layers(table, path)
        elif key == "compile":
            self._outputs(table, path)
        elif key == "fit":
            self._stages(table, path)
            for _, stage_path, stage in _entries(table, path):
                self._stages(stage, stage_path)
        elif key in ("vars", "blocks"):
            self._searched_names(key, table, path)

    def _searched_names(self, key: str, value: object, path: Path) -> None:
        for name, at, item in _entries(value, path):
            self._key(at, (Symbol("variable" if key == "vars" else "block", name),))
            if key == "blocks" and isinstance(item, Mapping):
                for param, param_at, _ in _entries(item.get("params"), (*at, "params")):
                    self._key(param_at, (Symbol("parameter", param, name),))

    def _searched_layers(self, value: object, path: Path) -> None:
        for name, at, item in _entries(value, path):
            self._key(at, _layers_called(name))
            if isinstance(item, Mapping):
                self._searched_layers(item.get("layers"), (*at, "layers"))

    # Layers by their names

    def _patches(self, value: object, path: Path) -> None:
        self._patching = True
        if isinstance(value, Mapping):
            self._patched(value.get("layers"), (*path, "layers"))
        self._patching = False

    def _patched(self, layers: object, path: Path) -> None:
        for name, at, patch in _entries(layers, path):
            self._key(at, _layers_called(name))
            if not isinstance(patch, Mapping):
                continue
            self.names.patch_keys.update(patch)
            inner = patch.get("layers")
            if isinstance(inner, Mapping):
                self._patched(inner, (*at, "layers"))
                patch = {key: item for key, item in patch.items() if key != "layers"}
            self._table(patch, at, _DOCUMENT, "model", entry=True, layer=True)

    def _outputs(self, value: object, path: Path) -> None:
        """Losses and metrics by output name, which is the name of the last layer."""
        for key, at, item in _entries(value, path):
            if key in _BY_OUTPUT and isinstance(item, Mapping) and not item.keys() & {"type", "custom", "class_name"}:
                for name, output_path, _ in _entries(item, at):
                    self._key(output_path, (Symbol("layer", name),))

    def _stages(self, value: object, path: Path) -> None:
        """The layer names in `trainable` of the stages."""
        stages = (
            [((*path, index), stage) for index, stage in enumerate(value)]
            if isinstance(value, list)
            else [(path, value)]
        )
        for at, stage in stages:
            if isinstance(stage, Mapping):
                for name, name_path, _ in _entries(stage.get("trainable"), (*at, "trainable")):
                    self._key(name_path, _layers_called(name))

    def _patterns(self, value: object, path: Path) -> None:
        filters = value.get("filters") if isinstance(value, Mapping) else None
        for pattern in [filters] if isinstance(filters, str) else _list(filters):
            if isinstance(pattern, str):
                self.names.patterns.append((pattern, (*path, "filters")))

    # Values

    def _value(self, value: object, path: Path, scope: _SymbolScope, where: str, layer: bool = False) -> None:
        if isinstance(value, str):
            if "$" in value:
                self._references(value, path, scope)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self._value(item, (*path, index), scope, where, layer)
        elif isinstance(value, Mapping):
            self._table(value, path, scope, where, entry=False, layer=layer)

    def _layers(self, value: Sequence[object], path: Path, scope: _SymbolScope, where: str) -> None:
        for index, item in enumerate(value):
            if isinstance(item, Mapping):
                self._table(item, (*path, index), scope, where, entry=True, layer=True)
            else:
                self._value(item, (*path, index), scope, where)

    def _table(
        self, value: Mapping[str, object], path: Path, scope: _SymbolScope, where: str, *, entry: bool, layer: bool
    ) -> None:
        if where != "plain" and "use" in value and (entry or "type" not in value):
            self._use(value, path, scope)
            return
        inner = scope
        repeated = where != "plain" and (entry or where == "late") and repeats(value)
        if repeated:
            inner = self._for(value["for"], (*path, "for"), scope, where)
        layer = layer or (where == "late" and self._is_layer(value.get("type")))
        of = value.get("custom") if "type" not in value else None
        for key, item in value.items():
            at = (*path, key)
            if is_extension_key(key) or (key == "for" and repeated):
                continue
            if key == "name" and layer and isinstance(item, str) and "$" not in item:
                self._inside(at, item, 0, len(item), (Symbol("layer", item),), defines=True)
            elif key == "custom" and isinstance(of, str) and "$" not in of:
                self._inside(at, of, 0, len(of), (Symbol("class", of),))
            elif key == "layers" and isinstance(item, list) and where != "plain":
                self._layers(item, at, inner, where)
            else:
                if key == "custom" and of is not None:
                    self.names.dynamic.append(DynamicName(("class", "size"), at))
                elif isinstance(of, str):
                    self._key(at, (Symbol("argument", key, of),))
                elif key == "optimizer_map" and isinstance(item, Mapping):
                    self.names.patterns += [(pattern, (*at, pattern)) for pattern in item]
                self._value(
                    item,
                    at,
                    scope if key in REPETITION_KEYS and repeated else inner,
                    where,
                    layer and key in NESTED_LAYER_KEYS,
                )

    def _for(self, value: object, path: Path, scope: _SymbolScope, where: str) -> _SymbolScope:
        """The scope with the names that a `for` binds; they are not visible in its own values."""
        bound = dict(scope.loops if where == "model" else scope.late)
        self._repetitions += 1
        for name, at, item in _entries(value, path):
            bound[name] = Symbol("loop", name, f"{self._repetitions} {self._file}")
            self.names.loops.add(name)
            self._key(at, (bound[name],), defines=True)
            self._value(item, at, scope, "late")
        if not isinstance(value, Mapping):
            self._value(value, path, scope, "plain")
            scope = scope._replace(open=True)
        return scope._replace(loops=bound) if where == "model" else scope._replace(late=bound)

    def _use(self, value: Mapping[str, object], path: Path, scope: _SymbolScope) -> None:
        block = value["use"]
        for key, item in value.items():
            at = (*path, key)
            if is_extension_key(key):
                continue
            if key == "use":
                if isinstance(block, str) and "$" not in block:
                    self._inside(at, block, 0, len(block), (Symbol("block", block),))
                    continue
                self.names.dynamic.append(DynamicName(("block", "parameter"), at))
            elif key == "for":
                if isinstance(item, str):
                    self.names.dynamic.append(DynamicName(("parameter",), at))
                for name, name_path, _ in _entries(item, at):
                    self._key(name_path, (Symbol("parameter", name, str(block)),))
            elif key != "repeat":
                self._key(at, (Symbol("parameter", key, str(block)),))
            self._value(item, at, scope, "late")

    def _references(self, text: str, path: Path, scope: _SymbolScope) -> None:
        try:
            references = read_text(text).references
        except Violation:
            return
        for reference in references:
            start = text.index(reference.name, reference.start)
            if reference.name not in scope.loops:
                if self._patching:
                    self.names.patched.add(reference.name)
                if scope.open:
                    self.names.uncertain.add(reference.name)
            end = start + len(reference.name)
            self._inside(path, text, start, end, scope.symbols(reference.name))

    # Occurrences

    def _key(self, path: Path, symbols: tuple[Symbol, ...], defines: bool = False) -> None:
        """Records a key and its occurrences in dotted keys."""
        for number, (token, (start, end)) in enumerate(self._spots.keys(path)):
            occurrence = Occurrence(symbols, start, end, str(path[-1]), token, defines and number == 0, path)
            self.names.occurrences.append(occurrence)

    def _inside(
        self, path: Path, value: str, first: int, last: int, symbols: tuple[Symbol, ...], defines: bool = False
    ) -> None:
        """Records a range of a string."""
        stretch = self._spots.inside(path, value, first, last)
        if stretch is not None:
            self.names.occurrences.append(Occurrence(symbols, *stretch, value[first:last], None, defines, path))


def _entries(value: object, path: Path) -> Iterator[tuple[str, Path, object]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield key, (*path, key), item


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _layers_called(name: str) -> tuple[Symbol, ...]:
    """The layer with a name, or the one whose numbered copies have it."""
    copy = _COPY.fullmatch(name)
    symbols = (Symbol("layer", name),)
    return (*symbols, Symbol("layer", copy[1])) if copy else symbols


def _name_nodes(node: ExpressionNode) -> Iterator[ExpressionNode]:
    if node.operator == "name":
        yield node
    for part in (node.left, node.right):
        if part is not None:
            yield from _name_nodes(part)
