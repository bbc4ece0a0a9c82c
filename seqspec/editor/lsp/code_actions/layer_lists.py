"""The lists of layers of a document, and the entries that a selection covers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from seqspec.core.diagnostics.violation import Path
from seqspec.core.language.keys import is_extension_key
from seqspec.core.language.variables import entries
from seqspec.core.syntax.edit.trees import at_path
from seqspec.core.syntax.formatter.nodes import equal_trees
from seqspec.editor.lsp.code_actions.layer_list_text import LayerListText, written_list
from seqspec.editor.lsp.code_actions.request import CodeActionRequest


class LayerRange(NamedTuple):
    """Consecutive layers of a list: the first index, and the one after the last."""

    path: Path
    first: int
    end: int


def layer_lists(tree: Mapping[str, object]) -> Iterator[tuple[Path, list[object]]]:
    """All lists in which blocks can be used, with their paths."""
    for key in ("blocks", "model"):
        yield from _lists(tree.get(key), (key,))


def _lists(value: object, path: Path) -> Iterator[tuple[Path, list[object]]]:
    if not isinstance(value, (dict, list)):
        return
    if isinstance(value, list) and path[-1] == "layers":
        yield path, value
    for key, item in entries(value):
        if not is_extension_key(key):
            yield from _lists(item, (*path, key))


def entry_at(request: CodeActionRequest) -> Path | None:
    """The innermost layer or block use that contains the selection."""
    path = request.inner[0] if request.inner is not None else ()
    for length in range(len(path), 2, -1):
        if isinstance(path[length - 1], int) and path[length - 2] == "layers" and path[0] in ("model", "blocks"):
            return path[:length]
    return None


def selected(request: CodeActionRequest) -> tuple[LayerRange, LayerListText] | None:
    """The selected layers and the text of their list; None if the selection does not cover whole layers."""
    text = request.source.text
    selected_text = text[request.start : request.end]
    start = request.start + len(selected_text) - len(selected_text.lstrip(" \t\r\n,"))
    end = request.end - (len(selected_text) - len(selected_text.rstrip(" \t\r\n,")))
    if start >= end:
        return None
    for path, items in sorted(layer_lists(request.source.tree), key=lambda pair: -len(pair[0])):
        written = written_list(request.source, path, len(items))
        if written is None or not written.start <= start <= end <= written.end:
            continue
        met = [n for n, (first, last) in enumerate(written.spans) if first < end and start < last]
        if met and all(start <= written.spans[n][0] and written.spans[n][1] <= end for n in met):
            return LayerRange(path, met[0], met[-1] + 1), written
    return None


def equal_ranges(tree: Mapping[str, object], run: LayerRange) -> list[LayerRange]:
    """A run and all equal, non-overlapping runs, by list and in order."""
    runs: list[LayerRange] = []
    length = run.end - run.first
    wanted = at_path(tree, run.path)[run.first : run.end]
    for path, items in layer_lists(tree):
        mine: list[LayerRange] = []
        if path == run.path:
            at = run.first - length
            while at >= 0:
                if equal_trees(items[at : at + length], wanted):
                    mine.insert(0, LayerRange(path, at, at + length))
                    at -= length
                else:
                    at -= 1
            mine.append(run)
        at = run.end if path == run.path else 0
        while at + length <= len(items):
            if equal_trees(items[at : at + length], wanted):
                mine.append(LayerRange(path, at, at + length))
                at += length
            else:
                at += 1
        runs += mine
    return runs
