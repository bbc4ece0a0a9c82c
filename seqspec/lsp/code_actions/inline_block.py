"""`Inline block`: its layers in the place of a use of it, with what the use sets for its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lsprotocol import types

from seqspec.diagnostics.tree_fix import Change, remove, set_value
from seqspec.diagnostics.violation import Path
from seqspec.language.keys import RESERVED_PARAMETERS
from seqspec.language.symbols.scopes import bound_references, values
from seqspec.language.variables import entries
from seqspec.lsp.code_actions.block_comments import Given, bound, made_of, name_made, repetitions, rounds_of
from seqspec.lsp.code_actions.layer_lists import entry_at
from seqspec.lsp.code_actions.refactoring import Refactoring
from seqspec.lsp.code_actions.request import CodeActionRequest
from seqspec.lsp.code_actions.written import Bracketed, Piece, written_list
from seqspec.syntax.edit.pieces import TextEdit
from seqspec.syntax.edit.trees import MISSING, CannotEdit, at_path, changed

KIND = types.CodeActionKind.RefactorInline.value


def inline_block(asked: CodeActionRequest) -> Iterator[Refactoring]:
    """The block that is used at the cursor, in the place of this use."""
    use = entry_at(asked)
    entry = asked.source.at(use) if use is not None else None
    if use is None or not isinstance(entry, dict) or not isinstance(entry.get("use"), str):
        return
    try:
        yield Refactoring(f"Inline block {entry['use']}", KIND, _Inlining(asked, use).edits())
    except CannotEdit:
        return


class _Inlining:
    def __init__(self, asked: CodeActionRequest, use: Path) -> None:
        self.asked = asked
        self.source = asked.source
        self.use = use
        self.entry: dict[str, Any] = self.source.at(use)
        self.name: str = self.entry["use"]
        own = asked.snapshot.declared
        block = own.blocks.get(self.name)
        layers = block.get("layers") if block is not None else None
        if block is None or not isinstance(layers, list) or not layers:
            raise CannotEdit("unknown block")
        self.layers = layers
        self.path: Path = ("blocks", self.name, "layers")
        if use[:3] == self.path:
            raise CannotEdit("the block is recursive")
        self.mine = self.source.at(self.path) is not MISSING
        self.names = next(names for path, _, names in values(self.source.tree, asked.variables) if path == use)
        self.defaults = {name: Given(value, asked.variables) for name, value in own.parameters(self.name).items()}
        self.inner = list(bound_references({"blocks": {self.name: block}}, asked.variables))

    def edits(self) -> list[TextEdit]:
        """The edits that put the layers in the place of the use. Raises `CannotEdit`."""
        rounds = rounds_of(self.asked, self.entry, self.names)
        repeat = repetitions(self.entry, len(self.layers), len(rounds))
        changes = [self._changes(each) for each in rounds for _ in range(repeat)]
        made = made_of(self.asked.snapshot.result.expansion, self.use)
        if len(made) == len(changes) * len(self.layers):
            for number, layer in enumerate(made):
                copy, inner = divmod(number, len(self.layers))
                name = name_made(self.layers[inner], layer)
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

    def _changes(self, each: Mapping[str, Given]) -> list[Change]:
        """The strings of the block's layers that are others in one copy."""
        own = {name: Given(value, self.names) for name, value in self.entry.items() if name not in RESERVED_PARAMETERS}
        if not {*own, *each} <= self.defaults.keys():
            raise CannotEdit("the use passes an unknown parameter")
        given = {**self.defaults, **own, **each}
        found = []
        for path in dict.fromkeys(mention.path for mention in self.inner if mention.path[:3] == self.path):
            here = [mention for mention in self.inner if mention.path == path]
            inner = {name: place for name, place in here[0].names.items() if place[:3] == self.path}
            new = bound(here, given, ("blocks", self.name, "params"), {**self.names, **inner})
            if new is not MISSING:
                found.append(set_value(path, new))
        return found

    def _pieces(self, block: Bracketed, around: Bracketed, index: int, changes: Sequence[list[Change]]) -> list[Piece]:
        source = self.source
        indent = source.indent(around.spans[index][0])
        found: list[Piece] = []
        for change in changes:
            edits = {path: TextEdit(*source.place(path), self._words(path, value)) for _, path, value in change}
            pieces = block.pieces(0, len(self.layers), indent, list(edits.values()))
            # What is said of the layers is said once.
            found += [Piece((), piece.words) for piece in pieces] if found else pieces
        return found

    def _words(self, path: Path, value: object) -> str:
        start, end = self.source.place(path)
        return self.source.style.in_place_of(self.source.text[start:end], value)

    def _values(self, changes: Sequence[Change]) -> list[Any]:
        tree = changed({"blocks": {self.name: {"layers": self.layers}}}, changes)
        found: list[object] = at_path(tree, self.path)
        return found

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
