"""`Write out the copies`: replaces a layer with `repeat` or `for` by its copies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lsprotocol import types

from seqspec.core.api.diagnostics import Path, set_value
from seqspec.core.api.syntax import MISSING, CannotEdit, TextEdit, changed
from seqspec.editor.lsp.bound_references import bound_references, values
from seqspec.editor.lsp.code_actions.layer_list_text import entry_at, written_list
from seqspec.editor.lsp.code_actions.refactoring import Refactoring
from seqspec.editor.lsp.code_actions.request import CodeActionRequest
from seqspec.editor.lsp.code_actions.substitution import (
    expanded_layers,
    expanded_name,
    loop_rounds,
    repeat_count,
    with_bound_values,
)

KIND = types.CodeActionKind.RefactorRewrite.value


def write_out(request: CodeActionRequest) -> Iterator[Refactoring]:
    """Replaces the layer at the cursor by its copies. Raises `CannotEdit`."""
    path = entry_at(request)
    entry = request.source.at(path) if path is not None else None
    if path is None or not isinstance(entry, dict) or "use" in entry or not ("repeat" in entry or "for" in entry):
        return
    yield Refactoring("Expand repeated layers", KIND, _copies(request, path, entry))


def _copies(request: CodeActionRequest, path: Path, entry: Mapping[str, object]) -> list[TextEdit]:
    source, index = request.source, path[-1]
    assert isinstance(index, int)
    names = next(names for value_path, _, names in values(source.tree, request.variables) if value_path == path)
    rounds = loop_rounds(request, entry, names)
    repeat = repeat_count(entry, 1, len(rounds))
    layer = {key: value for key, value in entry.items() if key not in ("repeat", "for")}
    depth = len(path)
    inner = [
        mention
        for mention in bound_references(source.tree, request.variables)
        if mention.path[:depth] == path and mention.path[depth] in layer
    ]
    new = []
    for bound in rounds:
        changes = []
        for value_path in dict.fromkeys(mention.path for mention in inner):
            references = [mention for mention in inner if mention.path == value_path]
            nested = {
                name: binder
                for name, binder in references[0].names.items()
                if binder[:depth] == path and binder[: depth + 1] != (*path, "for")
            }
            text = with_bound_values(references, bound, (*path, "for"), {**names, **nested})
            if text is not MISSING:
                changes.append(set_value(value_path[depth:], text))
        new += [changed(layer, changes) for _ in range(repeat)]
    layers = expanded_layers(request.snapshot.result.expansion, path)
    if len(layers) == len(new):
        for original, copy in zip(new, layers, strict=True):
            name = expanded_name(original, copy)
            if name is not None:
                original["name"] = name
    around = written_list(source, path[:-1], len(source.at(path[:-1])))
    if around is None or around.commented(index, index + 1):
        raise CannotEdit("comments would be lost")
    return around.put(index, index + 1, new, above=False, after=False)
