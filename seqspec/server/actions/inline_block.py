"""`Inline block`: its layers in the place of a use of it, with what the use gives for its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lsprotocol import types

from seqspec.diagnostics.remedy import Change, remove, set_value
from seqspec.documents.edit.pieces import Replacement
from seqspec.documents.edit.trees import MISSING, CannotEdit, at_path, changed
from seqspec.documents.scan import Path
from seqspec.language.blocks import WORDS
from seqspec.language.references import Reference
from seqspec.language.variables import entries
from seqspec.server.actions.asked import Asked
from seqspec.server.actions.layer_lists import layer_lists
from seqspec.server.actions.mentions import Mention, Names, mentions, places
from seqspec.server.actions.refactoring import Refactoring
from seqspec.server.actions.substitution import check_names, in_text, taken
from seqspec.server.actions.written import Bracketed, Piece, written_list

KIND = types.CodeActionKind.RefactorInline.value

_MOST = 200
"""The most layers that take the place of one use."""


class _Given(NamedTuple):
    """The value of a parameter, and the names that it may refer to."""

    value: Any
    names: Names


class _Bound:
    """Finds the values of the references at some places of a string."""

    def __init__(self, values: Mapping[tuple[int, int], Any]) -> None:
        self._values = values

    def __call__(self, reference: Reference) -> Any:
        return self._values.get((reference.start, reference.end), MISSING)


def inline_block(asked: Asked) -> Iterator[Refactoring]:
    """The block that is used at the cursor, in the place of this use."""
    use = _use_at(asked)
    if use is None:
        return
    try:
        yield Refactoring(f"Inline block {asked.source.at(use)['use']}", KIND, _Inlining(asked, use).edits())
    except CannotEdit:
        return


def _use_at(asked: Asked) -> Path | None:
    if asked.inner is None:
        return None
    path = asked.inner[0]
    for length in range(len(path), 2, -1):
        entry = asked.source.at(path[:length])
        if isinstance(path[length - 1], int) and isinstance(entry, dict) and isinstance(entry.get("use"), str):
            inside = any(path[: length - 1] == each for each, _ in layer_lists(asked.source.tree))
            return path[:length] if inside else None
    return None


class _Inlining:
    def __init__(self, asked: Asked, use: Path) -> None:
        self.asked = asked
        self.source = asked.source
        self.use = use
        self.entry: dict[str, Any] = self.source.at(use)
        self.name: str = self.entry["use"]
        own = asked.snapshot.own
        block = own.blocks.get(self.name)
        layers = block.get("layers") if block is not None else None
        if block is None or not isinstance(layers, list) or not layers:
            raise CannotEdit("there is no such block")
        self.layers = layers
        self.path: Path = ("blocks", self.name, "layers")
        if use[:3] == self.path:
            raise CannotEdit("the block needs itself")
        self.mine = self.source.at(self.path) is not MISSING
        self.names = next(names for path, _, names in places(self.source.tree, asked.variables) if path == use)
        self.defaults = {name: _Given(value, asked.variables) for name, value in own.parameters(block).items()}
        self.inner = list(mentions({"blocks": {self.name: block}}, asked.variables))

    def edits(self) -> list[Replacement]:
        """The edits that put the layers in the place of the use. Raises `CannotEdit`."""
        copies = list(self._rounds())
        repeat = self.entry.get("repeat", 1)
        if type(repeat) is not int or not 0 < repeat * len(copies) * len(self.layers) <= _MOST:
            raise CannotEdit("these are too many layers, or none")
        changes = [self._changes(copy) for copy in copies for _ in range(repeat)]
        for change, names in zip(changes, self._new_names(len(changes)), strict=True):
            change += [set_value((*self.path, index, "name"), name) for index, name in names]
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
            if not isinstance(around, Bracketed):
                new = [{"type": entry} if isinstance(entry, str) else entry for entry in new]
        assert around is not None
        edits = around.put(index, index + 1, new, above=False, behind=False)
        if last:
            alone = len(self.source.tree["blocks"]) == 1
            edits += self.source.changed([remove(("blocks",) if alone else ("blocks", self.name))])
        return edits

    def _rounds(self) -> Iterator[Mapping[str, _Given]]:
        """What the parameters are, in each round of `for`."""
        given = {name: _Given(value, self.names) for name, value in self.entry.items() if name not in WORDS}
        rounds = self.entry.get("for", {})
        if not isinstance(rounds, dict) or not {*given, *rounds} <= self.defaults.keys():
            raise CannotEdit("the use cannot be followed")
        lengths = {length for length in map(self._length, rounds.values()) if length is not None}
        if len(lengths) != (1 if "for" in self.entry else 0):
            raise CannotEdit("the use cannot be followed")
        for number in range(lengths.pop() if lengths else 1):
            each = {
                name: _Given(value if self._length(value) is None else taken(value, (number,)), self.names)
                for name, value in rounds.items()
            }
            yield {**self.defaults, **given, **each}

    def _length(self, value: Any) -> int | None:
        """The number of elements of a list, one that a variable holds too; None for any other value."""
        variables = self.asked.snapshot.own.variables
        for _ in range(len(variables) + 1):
            if not isinstance(value, str) or "$" not in value:
                break
            value = in_text(value, lambda reference: self._variable(reference))
        return len(value) if isinstance(value, list) else None

    def _variable(self, reference: Reference) -> Any:
        if self.names.get(reference.name) != ("vars", reference.name):
            raise CannotEdit("a list has no length here")
        return self.asked.snapshot.own.variables[reference.name]

    def _changes(self, given: Mapping[str, _Given]) -> list[Change]:
        """The strings of the block's layers that are others in one copy."""
        found = []
        for path in dict.fromkeys(mention.path for mention in self.inner if mention.path[:3] == self.path):
            here = [mention for mention in self.inner if mention.path == path]
            for mention in here:
                self._check(mention, given)
            bound = {
                (mention.reference.start, mention.reference.end): given[mention.reference.name].value
                for mention in here
                if mention.binder == ("blocks", self.name, "params", mention.reference.name)
            }
            if bound:
                found.append(set_value(path, in_text(here[0].text, _Bound(bound))))
        return found

    def _check(self, mention: Mention, given: Mapping[str, _Given]) -> None:
        """Raises `CannotEdit` where a name means something else at the use than it does in the block."""
        name, binder = mention.reference.name, mention.binder
        inner = {each: place for each, place in mention.names.items() if place[:3] == self.path}
        there = {**self.names, **inner}
        if binder == ("vars", name) and there.get(name) != binder or binder is None:
            raise CannotEdit(f"{name} is something else there")
        if binder == ("blocks", self.name, "params", name):
            check_names(given[name].value, there, given[name].names)

    def _new_names(self, copies: int) -> Sequence[list[tuple[int, str]]]:
        """For each copy the names that its layers have in the model, where these are others than in the block."""
        none: list[list[tuple[int, str]]] = [[] for _ in range(copies)]
        if self.use[:-1] != ("model", "layers"):
            return none
        expansion = self.asked.snapshot.examination.expansion
        made = [
            layer
            for number, layer in enumerate(at_path(expansion.tree, ("model", "layers")))
            if any(
                via.document is expansion.document and via.path == self.use
                for via in expansion.origin(("model", "layers", number)).via
            )
        ]
        if len(made) != copies * len(self.layers):
            return none
        for number, layer in enumerate(made):
            copy, index = divmod(number, len(self.layers))
            entry = self.layers[index]
            if (
                isinstance(entry, dict)
                and "name" in entry
                and isinstance(layer, dict)
                and layer["name"] != entry["name"]
            ):
                none[copy].append((index, layer["name"]))
        return none

    def _pieces(self, block: Bracketed, around: Bracketed, index: int, changes: Sequence[list[Change]]) -> list[Piece]:
        source = self.source
        indent = source.indent(around.spans[index][0])
        found: list[Piece] = []
        for change in changes:
            edits = {path: Replacement(*source.place(path), self._words(path, value)) for _, path, value in change}
            pieces = block.pieces(0, len(self.layers), indent, list(edits.values()))
            # What is said of the layers is said once.
            found += [Piece((), piece.words) for piece in pieces] if found else pieces
        return found

    def _words(self, path: Path, value: Any) -> str:
        start, end = self.source.place(path)
        return self.source.style.in_place_of(self.source.text[start:end], value)

    def _values(self, changes: Sequence[Change]) -> list[Any]:
        tree = changed({"blocks": {self.name: {"layers": self.layers}}}, changes)
        found: list[Any] = at_path(tree, self.path)
        return found

    def _used_elsewhere(self) -> bool:
        pending: list[tuple[Path, Any]] = [((), self.source.tree)]
        while pending:
            path, value = pending.pop()
            if isinstance(value, dict) and path != self.use:
                used = value.get("use")
                if isinstance(used, str) and (used == self.name or "$" in used):
                    return True
            if isinstance(value, (dict, list)):
                pending += [((*path, key), item) for key, item in entries(value)]
        return False
