"""Refactorings, which are verified to keep the meaning of the document."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

from lsprotocol import types

from seqspec.core.api.diagnostics import Diagnostic, Violation
from seqspec.core.api.language import Expansion, expand
from seqspec.core.api.spec import DOCUMENT_TABLES, TypedSpec, read_spec
from seqspec.core.api.syntax import CannotEdit, TextEdit, applied, equal_trees, may_suppress, parse_text
from seqspec.editor.lsp.code_actions.request import CodeActionRequest
from seqspec.editor.lsp.snapshot import Snapshot


class Refactoring(NamedTuple):
    """A refactoring: edits that keep the model.

    Attributes:
        title: Its title.
        kind: Its kind, such as `"refactor.extract"`.
        replacements: The edits of the document's text.
        spelling: Whether it changes the spelling of values, so that only the long form of the document is unchanged.
    """

    title: str
    kind: str
    replacements: Sequence[TextEdit]
    spelling: bool = False


def offered(request: CodeActionRequest, refactorings: Iterable[Refactoring]) -> Iterator[types.CodeAction]:
    """The refactorings that keep the meaning of the document, without duplicates; they may end with `CannotEdit`."""
    seen: list[Sequence[TextEdit]] = []
    with suppress(CannotEdit):
        for refactoring in refactorings:
            edits = sorted(refactoring.replacements, key=lambda r: (r.start, r.end))
            if edits not in seen and preserves_meaning(request.snapshot, edits, refactoring.spelling):
                seen.append(edits)
                yield types.CodeAction(title=refactoring.title, kind=refactoring.kind, edit=request.edit(edits))


def preserves_meaning(snapshot: Snapshot, replacements: Sequence[TextEdit], spelling: bool = False) -> bool:
    """Whether a document with these edits has the same expansion, including layer names and mistakes.

    With `spelling`, values of the expanded document may have another spelling.
    """
    if not replacements or any(first.end > second.start for first, second in itertools.pairwise(replacements)):
        return False
    before = snapshot.document
    after = parse_text(applied(before.text or "", replacements), before.file, before.format, snapshot.limits)
    if not after.readable or after.violations:
        return False
    old, new = snapshot.result.expansion, expand(after, limits=snapshot.limits, tables=DOCUMENT_TABLES)
    if not old.usable or not new.usable or _messages(old) != _messages(new):
        return False
    if not (_alike(snapshot, new) if spelling else equal_trees(old.tree, new.tree)):
        return False
    if may_suppress(before):
        # Suppressions apply to lines, which may have moved.
        report = snapshot.check(after)
        return _codes(report.diagnostics) == _codes(snapshot.diagnostics)
    return True


def _codes(diagnostics: Iterable[Diagnostic]) -> Counter[tuple[str, str]]:
    return Counter((diagnostic.code, diagnostic.severity) for diagnostic in diagnostics)


def _alike(snapshot: Snapshot, new: Expansion) -> bool:
    """Whether an expansion has the same long form and the same mistakes."""
    old, mistakes_before = _read(snapshot.result.expansion)
    tree, mistakes = _read(new)
    return mistakes == mistakes_before and equal_trees(old.to_dict(), tree.to_dict())


@lru_cache(maxsize=4)
def _read(expansion: Expansion) -> tuple[TypedSpec, Counter[str]]:
    violations: list[Violation] = []
    spec = read_spec(expansion.tree, expansion.keras, violations)
    return spec, Counter(violation.rule for violation in violations)


def _messages(expansion: Expansion) -> Counter[str]:
    return Counter(violation.rule for violation in expansion.violations)
