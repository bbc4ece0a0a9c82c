"""Fixes: the Python API, and applying them repeatedly until none is left."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, NamedTuple

from seqspec.core.check.check import check
from seqspec.core.frontends.registry import kind_of
from seqspec.core.output.fingerprint import place
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.document_edits import apply_edits, replacement
from seqspec.core.syntax.limits import LIMITS, Limits
from seqspec.core.syntax.source import parse_text, read_source

if TYPE_CHECKING:
    from seqspec.core.analysis.report import Report
    from seqspec.core.diagnostics.diagnostic import Diagnostic

_ALL = 1 << 30
_MAX_ROUNDS = 1000
"""The maximum number of iterations, in case fixes undo each other."""


class FixResult(NamedTuple):
    """The result of fixing a document.

    Attributes:
        document: The document after its fixes; the same object if there were none.
        report: The report of the fixed document.
        fixed: The fixed findings, in order of application.
        refused: The findings whose fixes would have introduced new errors.
    """

    document: Document
    report: Report
    fixed: list[Diagnostic]
    refused: list[Diagnostic]

    @property
    def text(self) -> str | None:
        """The text of the document; None if it has no text."""
        return self.document.text


def fix(
    source: str | PathLike[str] | Document,
    *,
    unsafe: bool = False,
    vars: Mapping[str, object] | None = None,
    settings: Sequence[str] = (),
    policy: Mapping[str, object] | None = None,
    limits: Limits = LIMITS,
) -> FixResult:
    """Applies the fixes of all findings repeatedly until none is left; writes no file.

    `text` of the result is the new text, without a byte order mark; `report` has the remaining findings, `fixed` the
    fixed ones, and `refused` those whose fixes would have introduced new errors.

    Args:
        source: A path or a parsed `Document`.
        unsafe: Whether to apply unsafe fixes too, which may change the meaning of the spec.
        vars: As in `check`.
        settings: As in `check`.
        policy: As in `check`.
        limits: As in `check`.
    """

    def checked(document: Document) -> Report:
        return check(document, vars=vars, settings=settings, policy=policy, limits=limits)

    document = source if isinstance(source, Document) else read_source(source, limits, kind_of(os.fsdecode(source)))
    return apply_fixes(document, checked, lambda report: report.diagnostics, unsafe=unsafe, limits=limits)


def can_be_fixed(diagnostic: Diagnostic, document: Document, unsafe: bool) -> bool:
    """Whether a finding has an applicable fix in this document."""
    fix = diagnostic.fix
    return fix is not None and bool(fix.edits) and (fix.safe or unsafe) and document.contains(diagnostic.file)


def apply_fixes(
    document: Document,
    check_document: Callable[[Document], Report],
    choose: Callable[[Report], Iterable[Diagnostic]],
    *,
    unsafe: bool = False,
    limits: Limits = LIMITS,
) -> FixResult:
    """Applies the fixes of a document's findings; writes no file.

    Args:
        document: The document, with its text.
        check_document: Checks a document.
        choose: Selects the findings of a report to fix.
        unsafe: Whether to apply unsafe fixes too, which may change the meaning of the spec.
        limits: Bounds on the size of what is read.
    """
    report = check_document(document)
    fixed: list[Diagnostic] = []
    refused: dict[tuple[str, str, str], Diagnostic] = {}
    undoing: set[tuple[str, str, str]] = set()
    seen = {document.text}
    most = _ALL
    for _ in range(_MAX_ROUNDS):
        fixable = [
            diagnostic
            for diagnostic in choose(report)
            if can_be_fixed(diagnostic, document, unsafe)
            and _identity(diagnostic) not in refused
            and _identity(diagnostic) not in undoing
        ]
        batch = _non_overlapping(document, fixable)[:most]
        if not batch:
            break
        edits = [edit for diagnostic in batch if diagnostic.fix is not None for edit in diagnostic.fix.edits]
        new = parse_text(apply_edits(document, edits), document.file, document.format, limits, type(document))
        if new.text in seen:
            if len(batch) == 1:
                undoing.add(_identity(batch[0]))
            most = max(len(batch) // 2, 1)
            continue
        after = check_document(new)
        if _better(report, after, batch):
            document, report = new, after
            seen.add(new.text)
            fixed += batch
            most = min(2 * most, _ALL)
        elif len(batch) == 1:
            refused[_identity(batch[0])] = batch[0]
        else:
            # One of them introduces an error: retry with fewer, down to a single one.
            most = len(batch) // 2
    return FixResult(document, report, fixed, list(refused.values()))


def _non_overlapping(document: Document, findings: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The findings whose edits do not overlap those of an earlier one."""
    taken: list[tuple[int, int]] = []
    batch = []
    for diagnostic in findings:
        assert diagnostic.fix is not None
        stretches = [replacement(document, edit)[:2] for edit in diagnostic.fix.edits]
        if all(end < begin or stop < start for start, end in stretches for begin, stop in taken):
            taken += stretches
            batch.append(diagnostic)
    return batch


def _better(before: Report, after: Report, batch: Sequence[Diagnostic]) -> bool:
    """Whether the fixes are an improvement: their findings are gone, and there are no new errors.

    If the fixed findings are errors themselves, they may have hidden other errors.
    """
    if before.complete and not after.complete:
        return False
    if any(diagnostic.severity != "error" for diagnostic in batch) and _errors(after) - _errors(before):
        return False
    old, new = (Counter(map(_identity, [*report.diagnostics, *report.on_request])) for report in (before, after))
    if all(new[_identity(diagnostic)] < old[_identity(diagnostic)] for diagnostic in batch):
        return True
    # Removed or inserted text may change the pointer and message of another finding.
    old_codes, new_codes = (
        Counter(diagnostic.code for diagnostic in [*report.diagnostics, *report.on_request])
        for report in (before, after)
    )
    return all(new_codes[diagnostic.code] < old_codes[diagnostic.code] for diagnostic in batch)


def _errors(report: Report) -> Counter[tuple[str, str]]:
    return Counter(
        (diagnostic.code, place(diagnostic)) for diagnostic in report.diagnostics if diagnostic.severity == "error"
    )


def _identity(diagnostic: Diagnostic) -> tuple[str, str, str]:
    return diagnostic.code, diagnostic.pointer, diagnostic.message
