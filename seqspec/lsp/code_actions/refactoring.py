"""A refactoring, and the proof that it changes nothing of what the document means."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from lsprotocol import types

from seqspec.diagnostics.diagnostic import Diagnostic
from seqspec.diagnostics.violation import Violation
from seqspec.document.document import DocumentSpec, read_spec
from seqspec.document.tables import DOCUMENT_TABLES
from seqspec.language.expand import Expansion, expand
from seqspec.linter.check import check
from seqspec.lsp.code_actions.request import CodeActionRequest
from seqspec.lsp.snapshot import Snapshot
from seqspec.syntax.edit.pieces import TextEdit, applied
from seqspec.syntax.form.nodes import same
from seqspec.syntax.source import parse_text
from seqspec.syntax.suppressing import may_suppress


class Refactoring(NamedTuple):
    """Another text for the same model.

    Attributes:
        title: What it does.
        kind: Its kind, such as `"refactor.extract"`.
        replacements: The edits of the document's text.
        spelling: Whether it spells values otherwise, so that only the long form of the document stays the same.
    """

    title: str
    kind: str
    replacements: Sequence[TextEdit]
    spelling: bool = False


def offered(asked: CodeActionRequest, refactorings: Iterable[Refactoring]) -> Iterator[types.CodeAction]:
    """The refactorings that keep the document as it is, once each."""
    seen: list[Sequence[TextEdit]] = []
    for each in refactorings:
        edits = sorted(each.replacements, key=lambda r: (r.start, r.end))
        if edits not in seen and keeps(asked.snapshot, edits, each.spelling):
            seen.append(edits)
            yield types.CodeAction(title=each.title, kind=each.kind, edit=asked.edit(edits))


def keeps(snapshot: Snapshot, replacements: Sequence[TextEdit], spelling: bool = False) -> bool:
    """Whether a document with these edits expands to what it expanded to, names of layers and mistakes included.

    With `spelling`, values of the expanded document may be spelled otherwise.
    """
    if not replacements or any(one.end > two.start for one, two in itertools.pairwise(replacements)):
        return False
    before = snapshot.document
    after = parse_text(applied(before.text or "", replacements), before.file, before.format, snapshot.limits)
    if not after.readable or after.violations:
        return False
    old, new = snapshot.result.expansion, expand(after, limits=snapshot.limits, tables=DOCUMENT_TABLES)
    if not old.usable or not new.usable or _told(old) != _told(new):
        return False
    if not (_alike(snapshot, new) if spelling else same(old.tree, new.tree)):
        return False
    if may_suppress(before):
        # What is suppressed is at a line, and lines may have changed.
        report = check(after, policy=snapshot.policy, limits=snapshot.limits)
        return _codes(report.diagnostics) == _codes(snapshot.diagnostics)
    return True


def _codes(found: Iterable[Diagnostic]) -> Counter[tuple[str, str]]:
    return Counter((each.code, each.severity) for each in found)


def _alike(snapshot: Snapshot, new: Expansion) -> bool:
    """Whether an expansion has the long form of the document, and is read with the same mistakes."""
    old, told_before = _read(snapshot.result.expansion)
    made, told = _read(new)
    return told == told_before and same(old.to_dict(), made.to_dict())


@lru_cache(maxsize=4)
def _read(expansion: Expansion) -> tuple[DocumentSpec, Counter[str]]:
    violations: list[Violation] = []
    spec = read_spec(expansion.tree, expansion.keras, violations)
    return spec, Counter(violation.rule for violation in violations)


def _told(expansion: Expansion) -> Counter[str]:
    return Counter(violation.rule for violation in expansion.violations)
