"""Code action requests."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple

from lsprotocol import types
from pygls.workspace import PositionCodec

from seqspec.core.analysis.report import Report
from seqspec.core.diagnostics.diagnostic import Diagnostic
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.document.tables import DOCUMENT_TABLES
from seqspec.core.document.typed_spec import TypedSpec, read_spec
from seqspec.core.language.expand import expand
from seqspec.core.language.provenance import Expansion
from seqspec.core.syntax.directives import may_suppress
from seqspec.core.syntax.edit.pieces import TextEdit, applied
from seqspec.core.syntax.edit.trees import CannotEdit
from seqspec.core.syntax.formatter.nodes import equal_trees
from seqspec.core.syntax.source import parse_text
from seqspec.editor.lsp.bound_references import Binders
from seqspec.editor.lsp.code_actions.source import EditableSource, source_of
from seqspec.editor.lsp.completion_context import innermost
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.snapshot import Snapshot

Choose = Callable[[Report], list[Diagnostic]]
"""Returns the findings of a report that its configuration selects."""


@dataclass(eq=False)
class CodeActionRequest:
    """A code action request: a document, the selection and the requested kinds.

    Args:
        snapshot: The document.
        uri: Its URI.
        codec: The position encoding of the client.
        choose: Selects the reported findings of the document.
        start: The start offset of the selection.
        end: The end offset of the selection; equal to `start` for a cursor.
        only: The requested kinds; None for all.
        others: The other open documents by URI, each with the function that selects its findings.
        resolves: Whether the client can resolve the edits of an action later.
    """

    snapshot: Snapshot
    uri: str
    codec: PositionCodec
    choose: Choose
    start: int
    end: int
    only: Sequence[str] | None = None
    others: Iterable[tuple[str, Snapshot, Choose]] = ()
    resolves: bool = field(kw_only=True, default=False)

    def wants(self, kind: str) -> bool:
        """Whether actions of a kind are requested, by this kind or a parent kind."""
        return self.only is None or any(
            not requested or f"{kind}.".startswith(f"{requested}.") for requested in self.only
        )

    @cached_property
    def text(self) -> PositionMap:
        """The text of the document."""
        return PositionMap(self.snapshot.text, self.codec)

    @cached_property
    def found(self) -> list[Diagnostic]:
        """The reported findings of the document."""
        return self.choose(self.snapshot.result.report)

    @property
    def source(self) -> EditableSource:
        """The editable text of the document, which must be readable."""
        return source_of(self.snapshot.document)

    @property
    def editable(self) -> bool:
        """Whether the document can be parsed and expanded, so that its text corresponds to its tree."""
        document = self.snapshot.document
        return document.is_editable and self.snapshot.result.expansion.usable

    def touches(self, start: int, end: int) -> bool:
        """Whether the selection overlaps a range of the text."""
        return start <= self.end and self.start <= end

    @cached_property
    def inner(self) -> tuple[Path, str] | None:
        """The path of the smallest value or key that contains the selection, and which of the two it is."""
        return innermost(self.snapshot.document, self.start, self.end)

    @property
    def variables(self) -> Binders:
        """The names of all variables, including inherited ones."""
        return {name: ("vars", name) for name in self.snapshot.declared.variables}

    def edit(self, replacements: Iterable[TextEdit]) -> types.WorkspaceEdit:
        """The workspace edit for replacements in the document."""
        edits = [types.TextEdit(self.text.range(r.start, r.end), r.text) for r in replacements]
        return types.WorkspaceEdit(changes={self.uri: edits})


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
