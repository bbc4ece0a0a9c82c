"""Parallel coordinates as SVG: an axis for each parameter, and a line for each trial."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from seqspec.training.report.charts import Axis, Scale

_SPACING, _HEIGHT, _TOP, _BOTTOM, _MARGIN = 140.0, 280.0, 44.0, 16.0, 70.0
_MAX_LABEL = 18


class Coordinate(NamedTuple):
    """An axis, and the value of each line on it; None where a line does not have it."""

    axis: Axis
    values: Sequence[float | None]


def parallel_svg(coordinates: Sequence[Coordinate], titles: Sequence[str], marked: int) -> str:
    """The lines, the best first, which is drawn darkest; the first `marked` are in another color."""
    width = 2 * _MARGIN + _SPACING * (len(coordinates) - 1)
    places = [_MARGIN + _SPACING * number for number in range(len(coordinates))]
    scales = [
        Scale(each.axis, [value for value in each.values if value is not None], _HEIGHT - _BOTTOM, _TOP)
        for each in coordinates
    ]
    parts = [
        f'<svg class="chart parallel" viewBox="0 0 {width:g} {_HEIGHT:g}" style="width:{width:g}px" role="img" '
        'aria-label="parallel coordinates">'
    ]
    faintest = max(0.12, min(0.5, 5 / len(titles)))
    # The best is drawn last, above the others.
    for number in reversed(range(len(titles))):
        path = _path([each.values[number] for each in coordinates], scales, places)
        shade = 0.8 - (0.8 - faintest) * number / max(1, len(titles) - 1)
        kind = 'class="line s1"' if number < marked else f'class="line thin s0" style="opacity:{shade:.2f}"'
        parts.append(f'<path {kind} d="{path}"><title>{escape(titles[number])}</title></path>')
    for coordinate, scale, place in zip(coordinates, scales, places):
        parts.append(f'<path class="axis" d="M{place:g} {_TOP:g}V{_HEIGHT - _BOTTOM:g}"/>')
        label = coordinate.axis.label
        short = label if len(label) <= _MAX_LABEL else f"…{label[-_MAX_LABEL + 1 :]}"
        parts.append(
            f'<text class="title" x="{place:g}" y="20" text-anchor="middle"><title>{escape(label)}</title>'
            f"{escape(short)}</text>"
        )
        for value in scale.ticks():
            text = escape(scale.text(value))
            parts.append(f'<text class="tick halo" x="{place + 5:g}" y="{scale(value) + 4:.1f}">{text}</text>')
    return "".join(parts) + "</svg>"


def _path(values: Sequence[float | None], scales: Sequence[Scale], places: Sequence[float]) -> str:
    """The line; it is interrupted at axes that it has no value on."""
    parts, is_open = [], False
    for value, scale, place in zip(values, scales, places):
        if value is not None:
            # A single value between two gaps is a short line.
            parts.append(f"{'L' if is_open else f'M{place - 4:g} {scale(value):.1f}L'}{place:g} {scale(value):.1f}")
        is_open = value is not None
    return "".join(parts)
