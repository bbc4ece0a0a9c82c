"""The formats for people: `text` with excerpts, `concise` with one line a finding, and counts by rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from seqspec.output.base import SEVERITIES, CheckedDocument, RenderContext, RunSummary
from seqspec.output.text import concise, full

if TYPE_CHECKING:
    from seqspec.diagnostics.diagnostic import Diagnostic


def render(documents: Iterable[CheckedDocument], frame: RenderContext) -> Iterator[str]:
    """Every finding with its excerpt, and a last line that sums up."""
    tally = RunSummary()
    for document in documents:
        tally.add(document)
        for diagnostic in _infos_last(document.diagnostics):
            yield full(diagnostic, document.line, frame.paint) + "\n\n"
    if not frame.quiet:
        if tally.fixes():
            yield tally.fixes() + "\n"
        yield tally.words() + "\n"


def render_concise(documents: Iterable[CheckedDocument], frame: RenderContext) -> Iterator[str]:
    """Every finding on one line."""
    for document in documents:
        for diagnostic in _infos_last(document.diagnostics):
            yield concise(diagnostic, frame.paint) + "\n"


def _infos_last(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The findings in the order of the document, information after errors and warnings."""
    return sorted(diagnostics, key=lambda found: found.severity == "info")


def render_statistics(documents: Iterable[CheckedDocument], frame: RenderContext) -> Iterator[str]:
    """How often each rule was broken, the most frequent first, instead of the findings."""
    tally = RunSummary()
    counts: Counter[tuple[str, str, str]] = Counter()
    for document in documents:
        tally.add(document)
        counts.update((found.code, found.name, found.severity) for found in document.diagnostics)
    rows = sorted(counts.items(), key=lambda row: (-row[1], SEVERITIES.index(row[0][2]), row[0]))
    width = max((len(f"{count:,}") for count in counts.values()), default=1)
    names = max((len(name) for _, name, _ in counts), default=1)
    for (code, name, severity), count in rows:
        yield f"{count:>{width},}  {frame.paint(code, severity)}  {name:<{names}}  {severity}\n"
    if not frame.quiet:
        if tally.fixes():
            yield tally.fixes() + "\n"
        yield tally.words() + "\n"
