"""`Inline block`: replaces a block use by the layers of the block, with its parameters substituted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lsprotocol import types

from seqspec.core.api.diagnostics import Path, TreeEdit, remove, set_value
from seqspec.core.api.language import RESERVED_PARAMETERS, entries
from seqspec.core.api.syntax import MISSING, CannotEdit, TextEdit, Tree, at_path, changed
from seqspec.editor.lsp.bound_references import bound_references, values
from seqspec.editor.lsp.code_actions.layer_list_text import Bracketed, LayerText, entry_at, written_list
from seqspec.editor.lsp.code_actions.refactoring import Refactoring
from seqspec.editor.lsp.code_actions.request import CodeActionRequest
from seqspec.editor.lsp.code_actions.substitution import (
    BoundValue,
    expanded_layers,
    expanded_name,
    loop_rounds,
    repeat_count,
    with_bound_values,
)

KIND = types.CodeActionKind.RefactorInline.value


def inline_block(request: CodeActionRequest) -> Iterator[Refactoring]:
    """Inlines the block use at the cursor. Raises `CannotEdit`."""
    use = entry_at(request)
    entry = request.source.at(use) if use is not None else None
    if use is None or not isinstance(entry, dict) or not isinstance(entry.get("use"), str):
        return
    yield Refactoring(f"Inline block {entry['use']}", KIND, _Inlining(request, use).edits())


class _Inlining:
    def __init__(self, request: CodeActionRequest, use: Path) -> None:
        self.asked = request
        self.source = request.source
        self.use = use
        self.entry: Tree = self.source.at(use)
        self.name: str = self.entry["use"]
        declared = request.snapshot.declared
        block = declared.blocks.get(self.name)
        layers = block.get("layers") if block is not None else None
        if block is None or not isinstance(layers, list) or not layers:
            raise CannotEdit("unknown block")
        self.layers = layers
        self.path: Path = ("blocks", self.name, "layers")
        if use[:3] == self.path:
            raise CannotEdit("the block is recursive")
        self.mine = self.source.at(self.path) is not MISSING
        self.names = next(names for path, _, names in values(self.source.tree, request.variables) if path == use)
        self.defaults = {
            name: BoundValue(value, request.variables) for name, value in declared.parameters(self.name).items()
        }
        self.inner = list(bound_references({"blocks": {self.name: block}}, request.variables))

    def edits(self) -> list[TextEdit]:
        """The edits that replace the use by the layers. Raises `CannotEdit`."""
        rounds = loop_rounds(self.asked, self.entry, self.names)
        repeat = repeat_count(self.entry, len(self.layers), len(rounds))
        changes = [self._changes(bindings) for bindings in rounds for _ in range(repeat)]
        layers = expanded_layers(self.asked.snapshot.result.expansion, self.use)
        if len(layers) == len(changes) * len(self.layers):
            for number, layer in enumerate(layers):
                copy, inner = divmod(number, len(self.layers))
                name = expanded_name(self.layers[inner], layer)
                if name is not None:
                    changes[copy].append(set_value((*self.path, inner, "name"), name))
        index = self.use[-1]
        assert isinstance(index, int)
        around = written_list(self.source, self.use[:-1], len(self.source.at(self.use[:-1])))
        block = written_list(self.source, self.path, len(self.layers)) if self.mine else None
        last = self.mine and not self._used_elsewhere()
        if isinstance(around, Bracketed) and isinstance(block, Bracketed):
            new: list[Any] = self._pieces(block, around, index, changes)
        else:
            if block is not None and last and "#" in self.source.text[block.start : block.end]:
                raise CannotEdit("comments would be lost")
            new = [entry for change in changes for entry in self._values(change)]
        if around is None or around.commented(index, index + 1):
            raise CannotEdit("comments would be lost")
        edits = around.put(index, index + 1, new, above=False, after=False)
        if last:
            alone = len(self.source.tree["blocks"]) == 1
            edits += self.source.changed([remove(("blocks",) if alone else ("blocks", self.name))])
        return edits

    def _changes(self, bindings: Mapping[str, BoundValue]) -> list[TreeEdit]:
        """The strings in the layers of the block that differ in one copy."""
        values = {
            name: BoundValue(value, self.names) for name, value in self.entry.items() if name not in RESERVED_PARAMETERS
        }
        if not {*values, *bindings} <= self.defaults.keys():
            raise CannotEdit("the use passes an unknown parameter")
        bound = {**self.defaults, **values, **bindings}
        changes = []
        for path in dict.fromkeys(mention.path for mention in self.inner if mention.path[:3] == self.path):
            here = [mention for mention in self.inner if mention.path == path]
            inner = {name: binder for name, binder in here[0].names.items() if binder[:3] == self.path}
            new = with_bound_values(here, bound, ("blocks", self.name, "params"), {**self.names, **inner})
            if new is not MISSING:
                changes.append(set_value(path, new))
        return changes

    def _pieces(
        self, block: Bracketed, around: Bracketed, index: int, changes: Sequence[list[TreeEdit]]
    ) -> list[LayerText]:
        source = self.source
        indent = source.indent(around.spans[index][0])
        pieces: list[LayerText] = []
        for change in changes:
            edits = {path: TextEdit(*source.place(path), self._words(path, value)) for _, path, value in change}
            copy = block.pieces(0, len(self.layers), indent, list(edits.values()))
            # Comments are kept only once.
            pieces += [LayerText((), piece.text) for piece in copy] if pieces else copy
        return pieces

    def _words(self, path: Path, value: object) -> str:
        start, end = self.source.place(path)
        return self.source.style.in_place_of(self.source.text[start:end], value)

    def _values(self, changes: Sequence[TreeEdit]) -> list[object]:
        tree = changed({"blocks": {self.name: {"layers": self.layers}}}, changes)
        values: list[object] = at_path(tree, self.path)
        return values

    def _used_elsewhere(self) -> bool:
        pending: list[tuple[Path, object]] = [((), self.source.tree)]
        while pending:
            path, value = pending.pop()
            if isinstance(value, dict) and path != self.use:
                used = value.get("use")
                if isinstance(used, str) and (used == self.name or "$" in used):
                    return True
            if isinstance(value, (dict, list)):
                pending += [((*path, key), item) for key, item in entries(value)]
        return False
