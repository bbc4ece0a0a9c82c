"""`Ignore SEQ301 here`: suppresses a finding, as described in `docs/fixes.md`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lsprotocol import types

from seqspec.core.api.check import comment_at_end, rule_added_to_comment, suppression_comment
from seqspec.core.api.diagnostics import ESSENTIAL, Diagnostic, Path, TreeEdit, insert, set_value
from seqspec.core.api.syntax import KEY, MISSING, CannotEdit, TextEdit, directives
from seqspec.editor.lsp.code_actions.fixes import at_selection
from seqspec.editor.lsp.code_actions.request import CodeActionRequest, EditableSource
from seqspec.editor.lsp.diagnostics import to_lsp

_ABOUT_SUPPRESSIONS = ("unused-suppression", "bad-suppression")
"""Findings about suppressions are fixed, not suppressed."""

_REASON = "intentional"
"""The placeholder for the reason, if the other suppressions have one."""


def ignores(request: CodeActionRequest) -> Iterator[types.CodeAction]:
    """A suppression for each suppressible finding at the selection."""
    snapshot = request.snapshot
    if not request.editable or not snapshot.result.report.complete:
        return
    here = [
        diagnostic
        for diagnostic in at_selection(request, snapshot, request.found)
        if diagnostic.name not in ESSENTIAL and diagnostic.name not in _ABOUT_SUPPRESSIONS
    ]
    alike: dict[tuple[str, tuple[TextEdit, ...]], list[Diagnostic]] = {}
    for diagnostic in here:
        edits = suppression(request.source, diagnostic)
        if edits is not None:
            alike.setdefault((diagnostic.code, tuple(edits)), []).append(diagnostic)
    for (code, edits), group in alike.items():
        yield types.CodeAction(
            title=f"Ignore {code} here",
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[
                lsp_diagnostic
                for _, lsp_diagnostic in to_lsp(
                    snapshot.result.report, group, snapshot.file, request.text, request.codec
                )
            ],
            edit=request.edit(edits),
        )


def suppression(source: EditableSource, diagnostic: Diagnostic) -> Sequence[TextEdit] | None:
    """The edits that suppress a finding; None if that is not possible in its text."""
    if source.syntax.has_comments:
        edits = _comment(source, diagnostic)
        if edits is not None:
            return edits
    try:
        return _key(source, diagnostic)
    except CannotEdit:
        return None


def _comment(source: EditableSource, diagnostic: Diagnostic) -> list[TextEdit] | None:
    assert diagnostic.span is not None
    line = diagnostic.span.line
    added = rule_added_to_comment(source.document, line, diagnostic.code)
    if added is not None:
        return [added]
    start = source.document.offset(line, 1)
    content = source.document.line_text(line)
    bare = content.lstrip(" \t")
    if bare[:1] in ("", "#"):
        return None
    end = comment_at_end(source.document, line, diagnostic.code)
    commented = any(directive.line == line and directive.start >= start for directive in directives(source.document))
    if not commented and not _in_string(source, end.start):
        return [end]
    if not _in_string(source, start):
        indent = content[: len(content) - len(bare)]
        return [TextEdit(start, start, f"{indent}{suppression_comment(diagnostic.code)}{source.new_line}")]
    return None


def _in_string(source: EditableSource, offset: int) -> bool:
    """Whether an offset is inside a multi-line string, where comments are not possible."""
    for path, (start, end, *_) in source.document.places().items():
        if start < offset < end and isinstance(source.at(path), str):
            return True
    return False


def _key(source: EditableSource, diagnostic: Diagnostic) -> list[TextEdit]:
    """Adds the key `x-seqspec-ignore` to the innermost layer or table around a finding. Raises `CannotEdit`."""
    path = _holder(source, _path(source, diagnostic.pointer))
    holder = source.at(path)
    if isinstance(holder, str):
        return source.changed([set_value(path, {"type": holder, KEY: [diagnostic.code]})])
    rules = holder.get(KEY, MISSING)
    change: TreeEdit
    if rules is MISSING:
        change = set_value((*path, KEY), [diagnostic.code])
    elif isinstance(rules, list):
        change = insert((*path, KEY, len(rules)), diagnostic.code)
    elif isinstance(rules, Mapping):
        change = set_value((*path, KEY, diagnostic.code), _REASON)
    else:
        raise CannotEdit("the key that is there holds no rules")
    return source.changed([change])


def _holder(source: EditableSource, path: Path) -> Path:
    """The innermost layer around a path, or else its top-level table, or the root."""
    for length in range(len(path), 0, -1):
        inner = path[:length]
        value = source.at(inner)
        layer = len(inner) > 2 and isinstance(inner[-1], int) and inner[-2] == "layers"
        if (layer and isinstance(value, (dict, str))) or (length == 1 and isinstance(value, dict)):
            return inner
    return ()


def _path(source: EditableSource, pointer: str) -> Path:
    """The longest existing path of a JSON Pointer."""
    path: Path = ()
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        path = (*path, int(key) if isinstance(source.at(path), list) and key.isdecimal() else key)
    return path
