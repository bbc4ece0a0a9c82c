"""The lists of layers of a document: which there are, and which of their entries a selection covers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from seqspec.diagnostics.violation import Path
from seqspec.language.keys import is_extension_key
from seqspec.language.variables import entries
from seqspec.lsp.code_actions.request import CodeActionRequest
from seqspec.lsp.code_actions.written import Written, written_list
from seqspec.syntax.edit.trees import at_path
from seqspec.syntax.form.nodes import same


class Run(NamedTuple):
    """Neighbouring layers of a list, from the first to the one after the last."""

    path: Path
    first: int
    end: int


def layer_lists(tree: Mapping[str, object]) -> Iterator[tuple[Path, list[Any]]]:
    """Every list that blocks can be used in, with its path."""
    for key in ("blocks", "model"):
        yield from _lists(tree.get(key), (key,))


def _lists(value: object, path: Path) -> Iterator[tuple[Path, list[Any]]]:
    if not isinstance(value, (dict, list)):
        return
    if isinstance(value, list) and path[-1] == "layers":
        yield path, value
    for key, item in entries(value):
        if not is_extension_key(key):
            yield from _lists(item, (*path, key))


def entry_at(asked: CodeActionRequest) -> Path | None:
    """The innermost layer, or use of a block, that holds the selection."""
    path = asked.inner[0] if asked.inner is not None else ()
    for length in range(len(path), 2, -1):
        if isinstance(path[length - 1], int) and path[length - 2] == "layers" and path[0] in ("model", "blocks"):
            return path[:length]
    return None


def selected(asked: CodeActionRequest) -> tuple[Run, Written] | None:
    """The whole layers that are selected, and how their list is written; None if absent, or half ones."""
    text = asked.source.text
    words = text[asked.start : asked.end]
    start = asked.start + len(words) - len(words.lstrip(" \t\r\n,"))
    end = asked.end - (len(words) - len(words.rstrip(" \t\r\n,")))
    if start >= end:
        return None
    for path, items in sorted(layer_lists(asked.source.tree), key=lambda found: -len(found[0])):
        written = written_list(asked.source, path, len(items))
        if written is None or not written.start <= start <= end <= written.end:
            continue
        met = [n for n, (first, last) in enumerate(written.spans) if first < end and start < last]
        if met and all(start <= written.spans[n][0] and written.spans[n][1] <= end for n in met):
            return Run(path, met[0], met[-1] + 1), written
    return None


def equal_runs(tree: Mapping[str, object], run: Run) -> list[Run]:
    """A run and those equal to it, none of which meet, by list and in their order."""
    found: list[Run] = []
    length = run.end - run.first
    wanted = at_path(tree, run.path)[run.first : run.end]
    for path, items in layer_lists(tree):
        mine: list[Run] = []
        if path == run.path:
            at = run.first - length
            while at >= 0:
                if same(items[at : at + length], wanted):
                    mine.insert(0, Run(path, at, at + length))
                    at -= length
                else:
                    at -= 1
            mine.append(run)
        at = run.end if path == run.path else 0
        while at + length <= len(items):
            if same(items[at : at + length], wanted):
                mine.append(Run(path, at, at + length))
                at += length
            else:
                at += 1
        found += mine
    return found
