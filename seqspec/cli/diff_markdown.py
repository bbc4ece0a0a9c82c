"""The comparison of two documents as Markdown, for a comment on a pull request.

All text from a document is in code spans, so that it cannot become markup, a link or a mention.
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.cli import diff_labels as words
from seqspec.core.compare import ABSENT, Comparison, Difference, LayerChange
from seqspec.core.diagnostics.diagnostic import Diagnostic
from seqspec.core.output.markdown import code_span as code

_MAX_ROWS = 200


def render(comparison: Comparison, old: str, new: str) -> str:
    """The whole text."""
    return "\n".join(_lines(comparison, old, new)) + "\n"


def _lines(comparison: Comparison, old: str, new: str) -> Iterator[str]:
    yield f"### {code(old)} → {code(new)}"
    for side in comparison.absent:
        yield from ("", f"There is no {side} spec: {words.ALL[side]}.")
    for side in comparison.unreadable:
        yield from ("", f"The {side} spec cannot be read; only findings are compared.")
    if not comparison.changed:
        yield from ("", "No semantic changes.")
    if comparison.model:
        yield from ("", "**Model**", "", *_table(comparison.model))
    if comparison.layers:
        yield from ("", f"**Layers**: {words.counts([change.kind for change in comparison.layers])}", "")
        yield from ("| | layer | what changed |", "| --- | --- | --- |")
        for change in comparison.layers[:_MAX_ROWS]:
            yield f"| {change.kind} | {_place(change)} | {_what(change)} |"
        yield from _more(len(comparison.layers))
    for name, differences in comparison.tables.items():
        yield from ("", f"**[{name}]**", "", *_table(differences))
    yield from _totals(comparison)
    for title, diagnostics in (("Fixed findings", comparison.fixed), ("New findings", comparison.new)):
        if diagnostics:
            yield from ("", f"**{title}**", "", *map(_finding, diagnostics[:_MAX_ROWS]), *_more(len(diagnostics)))


def _more(count: int) -> Iterator[str]:
    if count > _MAX_ROWS:
        yield from ("", f"… and {count - _MAX_ROWS:,} more")


def _table(differences: list[Difference]) -> Iterator[str]:
    yield from ("| key | before | after |", "| --- | --- | --- |")
    for item in differences[:_MAX_ROWS]:
        yield f"| {code(item.path or '(all)', True)} | {_cell(item.old)} | {_cell(item.new)} |"
    yield from _more(len(differences))


def _cell(item: object) -> str:
    return "–" if item is ABSENT else code(words.value(item), True)


def _place(change: LayerChange) -> str:
    part = change.part
    position = f"[{part.index}]"
    if change.kind == "moved" and change.old is not None:
        position = f"[{change.old.index}] → {position}"
    return f"{position} {code(words.layer(part), True)}"


def _what(change: LayerChange) -> str:
    if change.old is None or change.new is None:
        arguments = words.arguments(change.part)
        return code(arguments, True) if arguments else ""
    lines = [f"{code(item.path, True)}: {_cell(item.old)} → {_cell(item.new)}" for item in change.arguments]
    lines += [
        f"{words.fact_name(item)}: {words.fact(item.old)} → {words.fact(item.new)}".replace("|", "\\|")
        if item.path != "output"
        else f"output: {code(str(item.old), True)} → {code(str(item.new), True)}"
        for item in change.facts
    ]
    return "<br>".join(lines)


def _totals(comparison: Comparison) -> Iterator[str]:
    rows = [(name, old, new) for name, (old, new) in comparison.totals.items() if old != new]
    if not rows:
        return
    yield from ("", "| | before | after | |", "| --- | ---: | ---: | ---: |")
    for name, old, new in rows:
        cells = (
            code(words.total(name, item), True) if isinstance(item, str) else words.total(name, item)
            for item in (old, new)
        )
        yield f"| {words.LABELS[name]} | {' | '.join(cells)} | {words.growth(old, new)} |"


def _finding(diagnostic: Diagnostic) -> str:
    location = f" {code(f'{diagnostic.file}:{diagnostic.span.line}')}" if diagnostic.span is not None else ""
    return f"- {diagnostic.severity} {diagnostic.code} {diagnostic.name}{location}: {code(diagnostic.message)}"
