"""Parallel coordinates as SVG: an axis for each parameter, and a line for each trial."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from seqspec.training.report.charts import Axis, Scale

_TALL, _ABOVE, _BELOW, _MARGIN = 290.0, 52.0, 16.0, 64.0
_PAGE, _LEAST = 950.0, 700.0
"""The width of the page, which axes are moved together for, and below which the chart is not scaled down."""
_MAX_SPACING, _MIN_SPACING = 140.0, 62.0
_CHARACTER = 6.8
"""The width of a character of a label."""
_ALTERNATIVE = re.compile(r"[^.\[]*\[([^\]]+)\]\.")


class Coordinate(NamedTuple):
    """An axis, and the value of each line on it; None where a line does not have it."""

    axis: Axis
    values: Sequence[float | None]


def parallel_svg(coordinates: Sequence[Coordinate], titles: Sequence[str], marked: int) -> str:
    """The lines, the best first, which is drawn darkest; the first `marked` are in another color."""
    gaps = max(1, len(coordinates) - 1)
    spacing = min(_MAX_SPACING, max(_MIN_SPACING, (_PAGE - 2 * _MARGIN) / gaps))
    width = 2 * _MARGIN + spacing * gaps
    places = [_MARGIN + spacing * number for number in range(len(coordinates))]
    # The labels are in two rows.
    labels = _short(
        [coordinate.axis.label for coordinate in coordinates], int(min(2 * spacing, 2 * _MARGIN) / _CHARACTER)
    )
    scales = [
        Scale(coordinate.axis, [value for value in coordinate.values if value is not None], _TALL - _BELOW, _ABOVE)
        for coordinate in coordinates
    ]
    parts = [
        f'<svg class="chart parallel" viewBox="0 0 {width:g} {_TALL:g}" style="width:100%;'
        f'min-width:{min(width, max(_LEAST, width - _PAGE / 4)):g}px;max-width:{width:g}px" role="img" '
        'aria-label="parallel coordinates">'
    ]
    faintest = max(0.12, min(0.5, 5 / len(titles)))
    # The best is drawn last, above the others.
    for number in reversed(range(len(titles))):
        shade = 0.8 - (0.8 - faintest) * number / max(1, len(titles) - 1)
        kind = 'class="line s1' if number < marked else f'style="opacity:{shade:.2f}" class="line thin s0'
        line, bridges = _paths([coordinate.values[number] for coordinate in coordinates], scales, places)
        parts.append(f'<path {kind}" d="{line}"><title>{escape(titles[number])}</title></path>')
        if bridges:
            parts.append(f'<path {kind} bridge" d="{bridges}"/>')
    for number, (coordinate, scale, place) in enumerate(zip(coordinates, scales, places)):
        parts.append(f'<path class="axis" d="M{place:g} {_ABOVE:g}V{_TALL - _BELOW:g}"/>')
        parts.append(
            f'<text class="title" x="{place:g}" y="{36 if number % 2 else 18}" text-anchor="middle">'
            f"<title>{escape(coordinate.axis.label)}</title>{escape(labels[number])}</text>"
        )
        for value in scale.ticks():
            text = escape(scale.text(value))
            parts.append(f'<text class="tick halo" x="{place + 5:g}" y="{scale(value) + 4:.1f}">{text}</text>')
    return "".join(parts) + "</svg>"


def _short(labels: Sequence[str], most: int) -> list[str]:
    """Labels of at most so many characters: the last parts of a path that no other one ends with."""
    shortened = []
    for label in labels:
        parts = label.split(".")
        ends = (".".join(parts[-count:]) for count in range(1, len(parts) + 1))
        own = (
            label
            if len(label) <= most
            else next(end for end in ends if end == label or sum(label.endswith(end) for label in labels) == 1)
        )
        if len(own) > most:
            # `optimizer[Adam].learning_rate` is `Adam learning_rate`.
            own = _ALTERNATIVE.sub(r"\1 ", own)
        shortened.append(own if len(own) <= most else f"…{own[1 - most :]}")
    return shortened


def _paths(values: Sequence[float | None], scales: Sequence[Scale], places: Sequence[float]) -> tuple[str, str]:
    """The line, and what bridges the axes that it has no value on."""
    line, bridges, last, before = "", "", -1, ""
    for number, (value, scale, place) in enumerate(zip(values, scales, places)):
        if value is None:
            continue
        point = f"{place:g} {scale(value):.1f}"
        if last >= 0 and last < number - 1:
            bridges += f"M{before}L{point}"
        # A single value between two gaps is a short line.
        line += f"L{point}" if 0 <= last == number - 1 else f"M{place - 4:g} {scale(value):.1f}L{point}"
        last, before = number, point
    return line, bridges
