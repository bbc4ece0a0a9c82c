"""The formats for people: `text` with excerpts, `concise` with one line per finding, and counts by rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from seqspec.core.diagnostics.diagnostic import SEVERITIES
from seqspec.core.output.base import CheckedDocument, RenderContext, RunSummary
from seqspec.core.output.text import concise, full, visible

_MAX_FILES = 3
"""Maximum number of files that are named if the same is not checked of them."""

if TYPE_CHECKING:
    from seqspec.core.diagnostics.diagnostic import Diagnostic


def render(documents: Iterable[CheckedDocument], context: RenderContext) -> Iterator[str]:
    """Every finding with its excerpt, and a summary line."""
    summary = RunSummary()
    unchecked: dict[str, list[str]] = {}
    for document in documents:
        summary.add(document)
        for diagnostic in _infos_last(document.diagnostics):
            yield full(diagnostic, document.line, context.paint) + "\n\n"
        line = document.unchecked()
        if line is not None:
            unchecked.setdefault(line, []).append(document.file or "document")
    if not context.quiet:
        for line, files in unchecked.items():
            names = files if len(files) <= _MAX_FILES else [f"{len(files):,} files"]
            yield from (f"{visible(name)}: {visible(line)}\n" for name in names)
        if summary.fixes_line():
            yield summary.fixes_line() + "\n"
        yield summary.summary_line() + "\n"


def render_concise(documents: Iterable[CheckedDocument], context: RenderContext) -> Iterator[str]:
    """Every finding on one line."""
    for document in documents:
        for diagnostic in _infos_last(document.diagnostics):
            yield concise(diagnostic, context.paint) + "\n"


def _infos_last(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The findings in document order, infos after errors and warnings."""
    return sorted(diagnostics, key=lambda diagnostic: diagnostic.severity == "info")


def render_statistics(documents: Iterable[CheckedDocument], context: RenderContext) -> Iterator[str]:
    """The number of findings per rule, the most frequent first."""
    summary = RunSummary()
    counts: Counter[tuple[str, str, str]] = Counter()
    for document in documents:
        summary.add(document)
        counts.update((diagnostic.code, diagnostic.name, diagnostic.severity) for diagnostic in document.diagnostics)
    rows = sorted(counts.items(), key=lambda row: (-row[1], SEVERITIES.index(row[0][2]), row[0]))
    width = max((len(f"{count:,}") for count in counts.values()), default=1)
    names = max((len(name) for _, name, _ in counts), default=1)
    for (code, name, severity), count in rows:
        yield f"{count:>{width},}  {context.paint(code, severity)}  {name:<{names}}  {severity}\n"
    if not context.quiet:
        if summary.fixes_line():
            yield summary.fixes_line() + "\n"
        yield summary.summary_line() + "\n"
