"""`Fix all`: the changes of `seqspec check --fix` as one action."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from lsprotocol import types

from seqspec.core.linter.fix import apply_fixes, can_be_fixed
from seqspec.core.syntax.edit.pieces import TextEdit
from seqspec.editor.lsp.code_actions.request import CodeActionRequest

KIND = f"{types.CodeActionKind.SourceFixAll.value}.seqspec"


def fix_all(request: CodeActionRequest) -> Iterator[types.CodeAction]:
    """One action if the document has safe fixes; its edits are computed when it is resolved."""
    document = request.snapshot.document
    if not any(can_be_fixed(diagnostic, document, False) for diagnostic in request.found):
        return
    action = types.CodeAction(title="Apply all safe fixes", kind=KIND)
    if request.resolves:
        action.data = {"uri": request.uri, "kind": KIND}
    else:
        action.edit = fixed(request)
    yield action


def fixed(request: CodeActionRequest) -> types.WorkspaceEdit:
    """The edits of the command."""
    snapshot = request.snapshot
    fix_result = apply_fixes(snapshot.document, snapshot.check, request.choose, limits=snapshot.limits)
    return request.edit(_differences(snapshot.document.text or "", fix_result.text or "") if fix_result.fixed else ())


def _differences(old: str, new: str) -> Iterator[TextEdit]:
    """The line edits from one text to another, which keep the cursor position."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    offsets = [0]
    for line in before:
        offsets.append(offsets[-1] + len(line))
    for tag, first, last, start, end in SequenceMatcher(None, before, after).get_opcodes():
        if tag != "equal":
            yield TextEdit(offsets[first], offsets[last], "".join(after[start:end]))
