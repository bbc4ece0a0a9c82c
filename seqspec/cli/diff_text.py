"""The comparison of two documents for a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from seqspec.cli import diff_labels as words
from seqspec.cli.options import painter
from seqspec.core.compare import Comparison, Difference, LayerChange
from seqspec.core.diagnostics.diagnostic import Diagnostic
from seqspec.core.output.text import columns, visible

_MARKS = {"added": "+", "removed": "-", "moved": ">", "changed": "~", "affected": " "}
_ROLES = {"added": "info", "removed": "error", "moved": "warning", "changed": "warning", "affected": "dim"}


def render(comparison: Comparison, old: str, new: str) -> str:
    """The whole text."""
    return "".join(line.rstrip() + "\n" for line in _lines(comparison, old, new))


def _lines(comparison: Comparison, old: str, new: str) -> Iterator[str]:
    paint = painter(sys.stdout)
    yield paint(visible(f"{old} → {new}"), "bold")
    for side in comparison.absent:
        yield f"there is no {side} spec: {words.ALL[side]}"
    for side in comparison.unreadable:
        yield f"the {side} spec cannot be read; only findings are compared"
    if not comparison.changed:
        yield "no semantic changes"
    if comparison.model:
        yield from ("", paint("model", "bold"), *_rows(_changes(comparison.model), "  "))
    if comparison.layers:
        yield from ("", paint("layers", "bold") + f": {words.counts([change.kind for change in comparison.layers])}")
        for change in comparison.layers:
            mark = visible(f"{_MARKS[change.kind]} {_headline(change)}")
            yield f"  {paint(mark, _ROLES[change.kind])}"
            yield from _rows([*_changes(change.arguments), *_facts(change)], "      ")
    for name, differences in comparison.tables.items():
        yield from ("", paint(f"[{name}]", "bold"), *_rows(_changes(differences), "  "))
    yield from _totals(comparison)
    for title, diagnostics in (("fixed findings", comparison.fixed), ("new findings", comparison.new)):
        if diagnostics:
            yield from ("", paint(title, "bold"), *(f"  {_finding(diagnostic)}" for diagnostic in diagnostics))


def _headline(change: LayerChange) -> str:
    part = change.part
    position = f"layers[{part.index}]"
    if change.old is None or change.new is None:
        arguments = words.arguments(part)
        return f"{position} {words.layer(part)}" + (f": {arguments}" if arguments else "")
    if change.kind == "moved":
        position = f"layers[{change.old.index}] → {position}"
    return f"{position} {words.layer(part)}"


Rows = list[tuple[str, str]]


def _changes(differences: list[Difference]) -> Rows:
    return [(visible(item.path or "(all)"), visible(words.change(item))) for item in differences]


def _facts(change: LayerChange) -> Rows:
    return [
        (words.fact_name(item), visible(f"{words.fact(item.old)} → {words.fact(item.new)}")) for item in change.facts
    ]


def _rows(rows: Rows, indent: str) -> Iterator[str]:
    width = max((columns(name) for name, _ in rows), default=0)
    for name, text in rows:
        yield f"{indent}{name}{' ' * (width - columns(name))}  {text}"


def _totals(comparison: Comparison) -> Iterator[str]:
    rows = [
        (
            words.LABELS[name],
            words.total(name, old),
            "" if old == new else f"→ {words.total(name, new)}",
            words.growth(old, new),
        )
        for name, (old, new) in comparison.totals.items()
        if old is not None or new is not None
    ]
    if not rows or not any(change for _, _, change, _ in rows):
        return
    yield from ("", "totals")
    widths = [max(columns(row[index]) for row in rows) for index in range(3)]
    for name, before, after, growth in rows:
        yield f"  {name:<{widths[0]}}  {before:>{widths[1]}}  {after:<{widths[2]}}  {growth}"


def _finding(diagnostic: Diagnostic) -> str:
    location = f"{diagnostic.file}:{diagnostic.span.line}: " if diagnostic.span is not None else ""
    return visible(f"{location}{diagnostic.severity}[{diagnostic.code}] {diagnostic.name}: {diagnostic.message}")
