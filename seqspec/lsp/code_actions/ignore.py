"""`Ignore SEQ301 here`: the suppression of a finding, as `docs/fixes.md` says that it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lsprotocol import types

from seqspec.diagnostics.codes import ESSENTIAL
from seqspec.diagnostics.diagnostic import Diagnostic
from seqspec.diagnostics.tree_fix import Change, insert, set_value
from seqspec.diagnostics.violation import Path
from seqspec.lsp.code_actions.fixes import at_selection
from seqspec.lsp.code_actions.request import CodeActionRequest
from seqspec.lsp.code_actions.source import Source
from seqspec.lsp.diagnostics import to_lsp
from seqspec.suppressions.suppress import comment_at_end, rule_added_to_comment, suppression_comment
from seqspec.syntax.directives import directives
from seqspec.syntax.edit.pieces import TextEdit
from seqspec.syntax.edit.trees import MISSING, CannotEdit
from seqspec.syntax.suppressing import KEY

_ABOUT_SUPPRESSIONS = ("unused-suppression", "bad-suppression")
"""What is said of suppressions is fixed, not suppressed."""

_REASON = "intentional"
"""What is written where every suppression has its reason beside it."""


def ignores(asked: CodeActionRequest) -> Iterator[types.CodeAction]:
    """A suppression for each finding at the selection that can have one."""
    snapshot = asked.snapshot
    if not asked.editable or not snapshot.result.report.whole:
        return
    here = [
        found
        for found in at_selection(asked, snapshot, asked.found)
        if found.name not in ESSENTIAL and found.name not in _ABOUT_SUPPRESSIONS
    ]
    alike: dict[tuple[str, tuple[TextEdit, ...]], list[Diagnostic]] = {}
    for found in here:
        edits = suppression(asked.source, found)
        if edits is not None:
            alike.setdefault((found.code, tuple(edits)), []).append(found)
    for (code, edits), group in alike.items():
        yield types.CodeAction(
            title=f"Ignore {code} here",
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[
                lsp_diagnostic
                for _, lsp_diagnostic in to_lsp(snapshot.result.report, group, snapshot.file, asked.text, asked.codec)
            ],
            edit=asked.edit(edits),
        )


def suppression(source: Source, found: Diagnostic) -> Sequence[TextEdit] | None:
    """The edits that suppress a finding of a document; None where its text has no place for that."""
    if source.format == "toml":
        edits = _comment(source, found)
        if edits is not None:
            return edits
    try:
        return _key(source, found)
    except CannotEdit:
        return None


def _comment(source: Source, found: Diagnostic) -> list[TextEdit] | None:
    assert found.span is not None
    line = found.span.line
    added = rule_added_to_comment(source.document, line, found.code)
    if added is not None:
        return [added]
    start = source.document.offset(line, 1)
    content = source.document.line_text(line)
    bare = content.lstrip(" \t")
    if bare[:1] in ("", "#"):
        return None
    end = comment_at_end(source.document, line, found.code)
    commented = any(directive.line == line and directive.start >= start for directive in directives(source.document))
    if not commented and not _in_string(source, end.start):
        return [end]
    if not _in_string(source, start):
        indent = content[: len(content) - len(bare)]
        return [TextEdit(start, start, f"{indent}{suppression_comment(found.code)}{source.new_line}")]
    return None


def _in_string(source: Source, offset: int) -> bool:
    """Whether an offset is within a string that goes over several lines, where no comment can be."""
    for path, (start, end, *_) in source.document.places().items():
        if start < offset < end and isinstance(source.at(path), str):
            return True
    return False


def _key(source: Source, found: Diagnostic) -> list[TextEdit]:
    """The key `x-seqspec-ignore` in the innermost layer or table around a finding. Raises `CannotEdit`."""
    path = _holder(source, _path(source, found.pointer))
    holder = source.at(path)
    if isinstance(holder, str):
        return source.changed([set_value(path, {"type": holder, KEY: [found.code]})])
    given = holder.get(KEY, MISSING)
    change: Change
    if given is MISSING:
        change = set_value((*path, KEY), [found.code])
    elif isinstance(given, list):
        change = insert((*path, KEY, len(given)), found.code)
    elif isinstance(given, Mapping):
        change = set_value((*path, KEY, found.code), _REASON)
    else:
        raise CannotEdit("the key that is there holds no rules")
    return source.changed([change])


def _holder(source: Source, path: Path) -> Path:
    """The innermost layer around a place, or its table at the top, or the whole document."""
    for length in range(len(path), 0, -1):
        inner = path[:length]
        value = source.at(inner)
        layer = len(inner) > 2 and isinstance(inner[-1], int) and inner[-2] == "layers"
        if (layer and isinstance(value, (dict, str))) or (length == 1 and isinstance(value, dict)):
            return inner
    return ()


def _path(source: Source, pointer: str) -> Path:
    """The path of a JSON Pointer, as far as it leads."""
    path: Path = ()
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        path = (*path, int(key) if isinstance(source.at(path), list) and key.isdecimal() else key)
    return path
