"""`Extract block`: replaces consecutive layers by the use of a new block."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lsprotocol import types

from seqspec.core.api.diagnostics import Path, set_value
from seqspec.core.api.language import snake_case
from seqspec.core.api.syntax import MISSING, CannotEdit, TextEdit
from seqspec.editor.lsp.bound_references import BoundReference, bound_references, unused_name
from seqspec.editor.lsp.code_actions import declare
from seqspec.editor.lsp.code_actions.layer_list_text import (
    Bracketed,
    Headed,
    LayerListText,
    LayerRange,
    equal_ranges,
    selected,
    written_list,
)
from seqspec.editor.lsp.code_actions.refactoring import Refactoring
from seqspec.editor.lsp.code_actions.request import CodeActionRequest
from seqspec.editor.lsp.code_actions.substitution import apply_subscripts

KIND = types.CodeActionKind.RefactorExtract.value


def extract_block(request: CodeActionRequest) -> Iterator[Refactoring]:
    """Extracts the selected layers; a second action also replaces all equal runs of layers. Raises `CannotEdit`."""
    selection = selected(request)
    if selection is None:
        return
    run, written = selection
    extraction = _Extraction(request, run, written)
    runs = equal_ranges(request.source.tree, run)
    yield Refactoring("Extract block", KIND, extraction.edits([run]))
    others = [other for other in runs if other == run or extraction.fits(other)]
    if len(others) > 1:
        yield Refactoring(f"Extract block ({len(others)} places)", KIND, extraction.edits(others))


class _Extraction:
    def __init__(self, request: CodeActionRequest, run: LayerRange, written: LayerListText) -> None:
        self.source = request.source
        self.variables = request.variables
        self.run = run
        self.written = written
        self._lists: dict[Path, LayerListText | None] = {run.path: written}
        self.with_comments = request.start <= written.start_with_comments(run.first)
        self._mentions: dict[Path, list[BoundReference]] = {}
        for mention in bound_references(self.source.tree, self.variables):
            for length, key in enumerate(mention.path, 1):
                if isinstance(key, int):
                    self._mentions.setdefault(mention.path[:length], []).append(mention)
        self.params = {
            mention.reference.name: mention
            for mention in self._inside(run)
            if mention.binder is not None and mention.binder[0] != "vars" and not _within(mention.binder, run)
        }
        block_names = {*request.snapshot.declared.blocks, *self.source.tree.get("blocks", {})}
        self.name = unused_name(f"{_word(self.source.at((*run.path, run.first)))}_block", block_names)

    def _inside(self, run: LayerRange) -> Iterator[BoundReference]:
        for index in range(run.first, run.end):
            yield from self._mentions.get((*run.path, index), ())

    def _list(self, path: Path) -> LayerListText:
        """The text of a list. Raises `CannotEdit` for an unusual form."""
        if path not in self._lists:
            self._lists[path] = written_list(self.source, path, len(self.source.at(path)))
        layer_list = self._lists[path]
        if layer_list is None:
            raise CannotEdit("the layers are written differently")
        return layer_list

    def fits(self, run: LayerRange) -> bool:
        """Whether the block can replace another run: its references are visible there, and no comment is lost."""
        if self._list(run.path).commented(run.first, run.end):
            return False
        return all(
            mention.binder is not None
            and (
                _within(mention.binder, run)
                or mention.reference.name in self.params
                or mention.binder == ("vars", mention.reference.name)
            )
            for mention in self._inside(run)
        )

    def edits(self, runs: list[LayerRange]) -> list[TextEdit]:
        """The edits that replace runs by uses, and declare the block. Raises `CannotEdit`."""
        edits = []
        for run, count in self._together(runs):
            use: dict[str, object] = {"use": self.name, **{name: f"${name}" for name in self.params}}
            if count > 1:
                use["repeat"] = count
            first = run.path == self.run.path and run.first <= self.run.first < run.end
            written = self._list(run.path)
            above = first and self.with_comments and run.first == self.run.first
            edits += written.put(run.first, run.end, [use], above=above, after=first and run.end == self.run.end)
        return [*edits, *self._block([run.path for run in runs])]

    def _together(self, runs: list[LayerRange]) -> Iterator[tuple[LayerRange, int]]:
        """Adjacent equal runs merged, with their count; a comment prevents merging."""
        at = 0
        while at < len(runs):
            run, count = runs[at], 1
            while at + count < len(runs) and self._joined(runs[at + count - 1], runs[at + count]):
                count += 1
            yield run._replace(end=runs[at + count - 1].end), count
            at += count

    def _joined(self, first: LayerRange, second: LayerRange) -> bool:
        if (first.path, first.end) != (second.path, second.first):
            return False
        spans = self._list(first.path).spans
        between = self.source.text[spans[first.end - 1][1] : spans[second.first][0]]
        return "#" not in between

    def _block(self, paths: list[Path]) -> list[TextEdit]:
        run, source = self.run, self.source
        params = {name: self._default(mention) for name, mention in self.params.items()}
        if isinstance(self.written, Headed):
            layers_text = self.written.renamed(
                run.first, run.end, f"blocks.{source.style.key(self.name)}.layers", above=self.with_comments
            )
            commented = "#" in layers_text
            edits = declare.headed_block(source, self.name, params, layers_text, paths)
        else:
            assert isinstance(self.written, Bracketed)
            indent = declare.indent_of_layers(source)
            pieces = self.written.pieces(run.first, run.end, indent)
            if not self.with_comments:
                pieces[0] = pieces[0]._replace(leading=())
            commented = any(piece.leading or piece.trailing or "\n" in piece.text for piece in pieces)
            edits = declare.block(source, self.name, params, pieces, paths)
        if edits is None:
            if commented:
                raise CannotEdit("comments would be lost")
            layers = source.at(run.path)[run.first : run.end]
            value = {"params": params, "layers": layers} if params else {"layers": layers}
            edits = source.changed([set_value(("blocks", self.name), value)])
        return edits

    def _default(self, mention: BoundReference) -> object:
        """A default for a parameter that every use sets: its value in the original layers."""
        binder = mention.binder
        assert binder is not None
        value = self.source.at(binder)
        if len(binder) > 1 and binder[-2] == "for" and isinstance(value, (list, str)):
            value = apply_subscripts(value, (0,)) if isinstance(value, list) or "$" in value else value
        if value is MISSING or any(
            reference.binder is None for reference in bound_references({"value": value}, self.variables)
        ):
            raise CannotEdit("the parameter has no value")
        return value


def _within(path: Path, run: LayerRange) -> bool:
    """Whether a path leads into a run."""
    depth = len(run.path)
    index = path[depth] if len(path) > depth and path[:depth] == run.path else None
    return isinstance(index, int) and run.first <= index < run.end


def _word(entry: object) -> str:
    """The name of a layer, as a part of the block name."""
    if isinstance(entry, dict):
        entry = next((entry[key] for key in ("type", "custom", "use") if key in entry), "")
    name = re.sub(r"[^a-z0-9_]+", "_", snake_case(str(entry))).strip("_")
    return name if name[:1].isalpha() else "layers"
