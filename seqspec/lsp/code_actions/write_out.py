"""`Write out the copies`: a layer with `repeat` or `for` becomes the layers that it stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lsprotocol import types

from seqspec.diagnostics.tree_fix import set_value
from seqspec.diagnostics.violation import Path
from seqspec.language.symbols.scopes import bound_references, values
from seqspec.lsp.code_actions.block_comments import bound, made_of, name_made, repetitions, rounds_of
from seqspec.lsp.code_actions.layer_lists import entry_at
from seqspec.lsp.code_actions.refactoring import Refactoring
from seqspec.lsp.code_actions.request import CodeActionRequest
from seqspec.lsp.code_actions.written import written_list
from seqspec.syntax.edit.pieces import TextEdit
from seqspec.syntax.edit.trees import MISSING, CannotEdit, changed

KIND = types.CodeActionKind.RefactorRewrite.value


def write_out(asked: CodeActionRequest) -> Iterator[Refactoring]:
    """The copies of the layer at the cursor, each by itself."""
    path = entry_at(asked)
    entry = asked.source.at(path) if path is not None else None
    if path is None or not isinstance(entry, dict) or "use" in entry or not ("repeat" in entry or "for" in entry):
        return
    try:
        yield Refactoring("Expand repeated layers", KIND, _copies(asked, path, entry))
    except CannotEdit:
        return


def _copies(asked: CodeActionRequest, path: Path, entry: Mapping[str, object]) -> list[TextEdit]:
    source, index = asked.source, path[-1]
    assert isinstance(index, int)
    names = next(names for place, _, names in values(source.tree, asked.variables) if place == path)
    rounds = rounds_of(asked, entry, names)
    repeat = repetitions(entry, 1, len(rounds))
    layer = {key: value for key, value in entry.items() if key not in ("repeat", "for")}
    depth = len(path)
    inner = [
        mention
        for mention in bound_references(source.tree, asked.variables)
        if mention.path[:depth] == path and mention.path[depth] in layer
    ]
    new = []
    for given in rounds:
        changes = []
        for place in dict.fromkeys(mention.path for mention in inner):
            here = [mention for mention in inner if mention.path == place]
            nested = {
                name: binder
                for name, binder in here[0].names.items()
                if binder[:depth] == path and binder[: depth + 1] != (*path, "for")
            }
            text = bound(here, given, (*path, "for"), {**names, **nested})
            if text is not MISSING:
                changes.append(set_value(place[depth:], text))
        new += [changed(layer, changes) for _ in range(repeat)]
    made = made_of(asked.snapshot.result.expansion, path)
    if len(made) == len(new):
        for each, copy in zip(new, made, strict=True):
            name = name_made(each, copy)
            if name is not None:
                each["name"] = name
    around = written_list(source, path[:-1], len(source.at(path[:-1])))
    if around is None or around.commented(index, index + 1):
        raise CannotEdit("comments would be lost")
    return around.put(index, index + 1, new, above=False, after=False)
