"""`Extract block`: neighbouring layers become a block, and a use of it is in their place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lsprotocol import types

from seqspec.diagnostics.tree_fix import set_value
from seqspec.diagnostics.violation import Path
from seqspec.language.names import snake_case
from seqspec.language.symbols.scopes import BoundReference, bound_references, unused_name
from seqspec.lsp.code_actions import declare
from seqspec.lsp.code_actions.layer_lists import Run, equal_runs, selected
from seqspec.lsp.code_actions.refactoring import Refactoring
from seqspec.lsp.code_actions.request import CodeActionRequest
from seqspec.lsp.code_actions.substitution import taken
from seqspec.lsp.code_actions.written import Bracketed, Headed, Written, written_list
from seqspec.syntax.edit.pieces import TextEdit
from seqspec.syntax.edit.trees import MISSING, CannotEdit

KIND = types.CodeActionKind.RefactorExtract.value


def extract_block(asked: CodeActionRequest) -> Iterator[Refactoring]:
    """The selected layers as a block; in a second action all equal layers of the document too."""
    found = selected(asked)
    if found is None:
        return
    run, written = found
    extraction = _Extraction(asked, run, written)
    runs = equal_runs(asked.source.tree, run)
    try:
        yield Refactoring("Extract block", KIND, extraction.edits([run]))
        others = [other for other in runs if other == run or extraction.fits(other)]
        if len(others) > 1:
            yield Refactoring(f"Extract block ({len(others)} places)", KIND, extraction.edits(others))
    except CannotEdit:
        return


class _Extraction:
    def __init__(self, asked: CodeActionRequest, run: Run, written: Written) -> None:
        self.source = asked.source
        self.variables = asked.variables
        self.run = run
        self.written = written
        self._lists: dict[Path, Written | None] = {run.path: written}
        self.above = asked.start <= written.above(run.first)
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
        known = {*asked.snapshot.declared.blocks, *self.source.tree.get("blocks", {})}
        self.name = unused_name(f"{_word(self.source.at((*run.path, run.first)))}_block", known)

    def _inside(self, run: Run) -> Iterator[BoundReference]:
        for index in range(run.first, run.end):
            yield from self._mentions.get((*run.path, index), ())

    def _list(self, path: Path) -> Written:
        """How a list is written. Raises `CannotEdit` where that is unusual."""
        if path not in self._lists:
            self._lists[path] = written_list(self.source, path, len(self.source.at(path)))
        found = self._lists[path]
        if found is None:
            raise CannotEdit("the layers are written differently")
        return found

    def fits(self, run: Run) -> bool:
        """Whether the block can take the place of another run: what it refers to is there, and no comment is lost."""
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

    def edits(self, runs: list[Run]) -> list[TextEdit]:
        """The edits that put uses in the place of runs, and the block where it is read first. Raises `CannotEdit`."""
        found = []
        for run, count in self._together(runs):
            use: dict[str, object] = {"use": self.name, **{name: f"${name}" for name in self.params}}
            if count > 1:
                use["repeat"] = count
            first = run.path == self.run.path and run.first <= self.run.first < run.end
            written = self._list(run.path)
            above = first and self.above and run.first == self.run.first
            found += written.put(run.first, run.end, [use], above=above, after=first and run.end == self.run.end)
        return [*found, *self._block([run.path for run in runs])]

    def _together(self, runs: list[Run]) -> Iterator[tuple[Run, int]]:
        """Equal runs with those right after them as one, and how many each is; a comment keeps two apart."""
        at = 0
        while at < len(runs):
            run, count = runs[at], 1
            while at + count < len(runs) and self._joined(runs[at + count - 1], runs[at + count]):
                count += 1
            yield run._replace(end=runs[at + count - 1].end), count
            at += count

    def _joined(self, one: Run, two: Run) -> bool:
        if (one.path, one.end) != (two.path, two.first):
            return False
        spans = self._list(one.path).spans
        between = self.source.text[spans[one.end - 1][1] : spans[two.first][0]]
        return self.source.format == "json" or "#" not in between

    def _block(self, paths: list[Path]) -> list[TextEdit]:
        run, source = self.run, self.source
        params = {name: self._default(mention) for name, mention in self.params.items()}
        if isinstance(self.written, Headed):
            words = self.written.renamed(
                run.first, run.end, f"blocks.{source.style.key(self.name)}.layers", above=self.above
            )
            commented = "#" in words
            edits = declare.headed_block(source, self.name, params, words, paths)
        else:
            assert isinstance(self.written, Bracketed)
            indent = declare.indent_of_layers(source)
            pieces = self.written.pieces(run.first, run.end, indent)
            if not self.above:
                pieces[0] = pieces[0]._replace(above=())
            commented = any(piece.above or piece.behind or "\n" in piece.words for piece in pieces)
            edits = declare.block(source, self.name, params, pieces, paths)
        if edits is None:
            if commented:
                raise CannotEdit("comments would be lost")
            layers = source.at(run.path)[run.first : run.end]
            value = {"params": params, "layers": layers} if params else {"layers": layers}
            edits = source.changed([set_value(("blocks", self.name), value)])
        return edits

    def _default(self, mention: BoundReference) -> Any:
        """A value for a parameter that every use sets: what it has where it comes from."""
        binder = mention.binder
        assert binder is not None
        value = self.source.at(binder)
        if len(binder) > 1 and binder[-2] == "for" and isinstance(value, (list, str)):
            value = taken(value, (0,)) if isinstance(value, list) or "$" in value else value
        if value is MISSING or any(each.binder is None for each in bound_references({"value": value}, self.variables)):
            raise CannotEdit("the parameter has no value")
        return value


def _within(path: Path, run: Run) -> bool:
    """Whether a path leads into a run."""
    depth = len(run.path)
    index = path[depth] if len(path) > depth and path[:depth] == run.path else None
    return isinstance(index, int) and run.first <= index < run.end


def _word(entry: object) -> str:
    """What a layer is called, as a part of a name."""
    if isinstance(entry, dict):
        entry = next((entry[key] for key in ("type", "custom", "use") if key in entry), "")
    word = re.sub(r"[^a-z0-9_]+", "_", snake_case(str(entry))).strip("_")
    return word if word[:1].isalpha() else "layers"
