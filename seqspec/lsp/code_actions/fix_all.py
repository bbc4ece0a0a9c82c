"""Everything that `seqspec check --fix` would write, as one action."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from lsprotocol import types

from seqspec.analysis.report import Report
from seqspec.linter.apply_fixes import apply_fixes, can_be_fixed
from seqspec.linter.check import check
from seqspec.lsp.code_actions.request import CodeActionRequest
from seqspec.syntax.document import Document
from seqspec.syntax.edit.pieces import TextEdit

KIND = f"{types.CodeActionKind.SourceFixAll.value}.seqspec"


def fix_all(asked: CodeActionRequest) -> Iterator[types.CodeAction]:
    """One action where anything of the document can be fixed safely; its edits are worked out when it is chosen."""
    document = asked.snapshot.document
    if not any(can_be_fixed(found, document, False) for found in asked.found):
        return
    action = types.CodeAction(title="Apply all safe fixes", kind=KIND)
    if asked.resolves:
        action.data = {"uri": asked.uri, "kind": KIND}
    else:
        action.edit = fixed(asked)
    yield action


def fixed(asked: CodeActionRequest) -> types.WorkspaceEdit:
    """The edits that the command would make."""
    snapshot = asked.snapshot

    def again(document: Document) -> Report:
        return check(document, policy=snapshot.policy, limits=snapshot.limits)

    fix_result = apply_fixes(snapshot.document, again, asked.choose, limits=snapshot.limits)
    return asked.edit(_differences(snapshot.document.text or "", fix_result.text or "") if fix_result.fixed else ())


def _differences(old: str, new: str) -> Iterator[TextEdit]:
    """From one text to another by lines, so that a cursor elsewhere stays where it is."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    offsets = [0]
    for line in before:
        offsets.append(offsets[-1] + len(line))
    for tag, first, last, start, end in SequenceMatcher(None, before, after).get_opcodes():
        if tag != "equal":
            yield TextEdit(offsets[first], offsets[last], "".join(after[start:end]))
