"""The comparison of two documents as an HTML page: the layers side by side, and both diagrams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqspec.cli import diff_labels as words
from seqspec.core.compare import ABSENT, Comparison, Difference, LayerChange, Part, facts_of
from seqspec.core.diagram.describe import diagram
from seqspec.core.diagram.page import figure, findings_list, html_page, text

_MAX_ROWS = 500


def render(comparison: Comparison, old: str, new: str) -> str:
    """The page."""
    return html_page(f"{old} → {new}", _body(comparison, old, new), "auto")


def _body(comparison: Comparison, old: str, new: str) -> Iterator[str]:
    yield f"<h1>{text(old)} → {text(new)}</h1>"
    for side in comparison.absent:
        yield f"<p>There is no {side} spec: {words.ALL[side]}.</p>"
    for side in comparison.unreadable:
        yield f"<p>The {side} spec cannot be read; only findings are compared.</p>"
    if not comparison.changed:
        yield "<p>No semantic changes.</p>"
    elif comparison.layers:
        yield f"<p>{words.counts([change.kind for change in comparison.layers])}</p>"
    yield from _totals(comparison)
    if comparison.model:
        yield from _table("Model", comparison.model)
    yield from _layers(comparison, old, new)
    for name, differences in comparison.tables.items():
        yield from _table(f"[{name}]", differences)
    yield from findings_list("New findings", comparison.new)
    yield from findings_list("Fixed findings", comparison.fixed)
    yield "<h2>Diagrams</h2>"
    yield '<div class="sides">'
    for name, result in zip((old, new), comparison.results):
        yield "<section>"
        yield f"<h3>{text(name)}</h3>"
        yield "<p>no spec</p>" if result is None else figure(diagram(result), name)
        yield "</section>"
    yield "</div>"


def _totals(comparison: Comparison) -> Iterator[str]:
    rows = [
        f"<tr><td>{words.LABELS[name]}</td>{_number(words.total(name, old))}{_number(words.total(name, new))}"
        f"{_number(words.growth(old, new))}</tr>"
        for name, (old, new) in comparison.totals.items()
    ]
    if rows:
        head = '<th>total</th><th class="number">before</th><th class="number">after</th><th class="number">change</th>'
        yield f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _number(shown: str) -> str:
    return f'<td class="number">{text(shown)}</td>'


def _table(title: str, differences: Sequence[Difference]) -> Iterator[str]:
    yield f"<h2>{text(title)}</h2><table><thead><tr><th>key</th><th>before</th><th>after</th></tr></thead><tbody>"
    for item in differences[:_MAX_ROWS]:
        yield f"<tr><td>{_code(item.path or '(all)')}</td><td>{_value(item.old)}</td><td>{_value(item.new)}</td></tr>"
    yield "</tbody></table>"


def _layers(comparison: Comparison, old: str, new: str) -> Iterator[str]:
    if not comparison.pairs:
        return
    changes = {id(change.part): change for change in comparison.layers}
    yield '<h2>Layers</h2><div class="wide" tabindex="0" role="region" aria-label="Layers side by side">'
    yield f"<table><thead><tr><th>change</th><th>{text(old)}</th><th>{text(new)}</th><th>what changed</th></tr></thead>"
    yield "<tbody>"
    for left, right in comparison.pairs[:_MAX_ROWS]:
        change = changes.get(id(right or left))
        kind = change.kind if change is not None else "moved" if right is None else ""
        style = {"added": "added", "removed": "removed"}.get(kind, "")
        yield (
            f'<tr><td class="{style}">{kind}</td><td>{_part(left)}</td><td>{_part(right)}</td>'
            f"<td>{_what(change) if change is not None else ''}</td></tr>"
        )
    yield "</tbody></table></div>"
    if len(comparison.pairs) > _MAX_ROWS:
        yield f"<p>… and {len(comparison.pairs) - _MAX_ROWS:,} more</p>"


def _part(part: Part | None) -> str:
    if part is None:
        return ""
    output, params, _ = facts_of(part)
    facts = [output or "unknown output", *([f"{params:,} parameters"] if params else [])]
    return f'{part.index} {_code(words.layer(part))}<br><span class="muted">{text(", ".join(facts))}</span>'


def _what(change: LayerChange) -> str:
    if change.old is None or change.new is None:
        arguments = words.arguments(change.part)
        return _code(arguments) if arguments else ""
    lines = [f"{_code(item.path)}: {_value(item.old)} → {_value(item.new)}" for item in change.arguments]
    lines += [
        f"{words.fact_name(item)}: {text(words.fact(item.old))} → {text(words.fact(item.new))}" for item in change.facts
    ]
    return "<br>".join(lines)


def _value(item: object) -> str:
    return "–" if item is ABSENT else _code(words.value(item))


def _code(words_: str) -> str:
    return f"<code>{text(words_)}</code>"
